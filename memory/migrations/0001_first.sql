-- What happened: one row a run, one row an event, and the large parts by their hash.
CREATE TABLE runs (
    id         TEXT    PRIMARY KEY NOT NULL,
    -- How many entries there are: a lost tail shows.
    entries    INTEGER NOT NULL DEFAULT 0,
    -- The rest is folded from the entries as they come, for the list of runs.
    goal       TEXT    NOT NULL DEFAULT '',
    model      TEXT    NOT NULL DEFAULT '',
    surface    TEXT,
    status     TEXT    NOT NULL DEFAULT 'running',
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    steps      INTEGER NOT NULL DEFAULT 0,
    tokens     INTEGER NOT NULL DEFAULT 0,
    cost_usd   REAL    NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX runs_by_start ON runs (started_at DESC, id DESC);

CREATE TABLE entries (
    run      TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    checksum BLOB    NOT NULL,
    PRIMARY KEY (run, seq)
) STRICT;

CREATE TABLE blobs (
    id    TEXT PRIMARY KEY NOT NULL,
    bytes BLOB NOT NULL
) STRICT;

-- What is known beyond one run.
CREATE TABLE facts (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    scope  TEXT    NOT NULL,
    text   TEXT    NOT NULL,
    source TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    UNIQUE (scope, text)
) STRICT;

CREATE VIRTUAL TABLE facts_words USING fts5 (text, content = 'facts', content_rowid = 'id', tokenize = 'porter unicode61');

-- What is forgotten is taken out of the index's pages at once.
INSERT INTO facts_words (facts_words, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER facts_added AFTER INSERT ON facts BEGIN
    INSERT INTO facts_words (rowid, text) VALUES (new.id, new.text);
END;

CREATE TRIGGER facts_removed AFTER DELETE ON facts BEGIN
    INSERT INTO facts_words (facts_words, rowid, text) VALUES ('delete', old.id, old.text);
END;
