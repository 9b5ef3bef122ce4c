-- Facts that have a scope, a source and two times, found by words and by meaning.

-- Whose a fact is. Nobody else but memory/src/scope.rs decides by this table who sees what. An empty text is a part that is not set.
CREATE TABLE scopes (
    id    INTEGER PRIMARY KEY,
    user  TEXT NOT NULL,
    agent TEXT NOT NULL DEFAULT '',
    site  TEXT NOT NULL DEFAULT '',
    run   TEXT NOT NULL DEFAULT '',
    UNIQUE (user, agent, site, run)
) STRICT;

DROP TRIGGER facts_added;
DROP TRIGGER facts_removed;
DROP TABLE facts_words;
ALTER TABLE facts RENAME TO facts_before;

CREATE TABLE facts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    scope       INTEGER NOT NULL REFERENCES scopes (id),
    kind        TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    -- The text with a space between any two words, where it has none by itself.
    words       TEXT,
    about       TEXT,
    -- Where it comes from, as JSON.
    source      TEXT    NOT NULL,
    thread      TEXT,
    speaker     TEXT,
    -- The fact before it in the same thread.
    after       INTEGER,
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER,
    recorded_at INTEGER NOT NULL,
    closed_at   INTEGER,
    closed_by   INTEGER,
    confidence  REAL    NOT NULL,
    -- Of its words, whatever their order, case and form: two facts with the same gist say the same.
    gist        INTEGER NOT NULL,
    -- What its words mean, in bytes, and what made that.
    vector      BLOB,
    embedder    TEXT,
    checksum    BLOB
) STRICT;

CREATE INDEX facts_by_gist ON facts (scope, gist);
CREATE INDEX facts_by_about ON facts (scope, about) WHERE about IS NOT NULL;
CREATE INDEX facts_by_thread ON facts (scope, thread, id) WHERE thread IS NOT NULL;
CREATE INDEX facts_by_after ON facts (after) WHERE after IS NOT NULL;

-- How often each was used, and when last: apart from the facts, since it changes while they stay.
CREATE TABLE fact_uses (
    fact     INTEGER PRIMARY KEY REFERENCES facts (id) ON DELETE CASCADE,
    count    INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    checksum BLOB    NOT NULL
) STRICT;

-- What is looked for in a fact: its words, and those of its neighbours in a thread, which say what a short turn is about.
CREATE VIEW facts_text AS
SELECT
    f.id AS id,
    coalesce(f.words, f.text) AS words,
    coalesce((SELECT coalesce(b.words, b.text) FROM facts b WHERE b.id = f.after), '') || ' ' ||
    coalesce((SELECT coalesce(a.words, a.text) FROM facts a WHERE a.after = f.id), '') AS near
FROM facts f;

CREATE VIRTUAL TABLE facts_words USING fts5 (
    words, near, content = 'facts_text', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2', detail = 'column'
);

-- What is forgotten is taken out of the index's pages at once.
INSERT INTO facts_words (facts_words, rank) VALUES ('secure-delete', 1);

-- The signs of a fact's vector, to find what may be near.
CREATE VIRTUAL TABLE facts_bits USING vec0 (fact INTEGER PRIMARY KEY, owner INTEGER PARTITION KEY, scope INTEGER, bits BIT[256]);

INSERT INTO scopes (user, site)
SELECT DISTINCT 'me', CASE WHEN scope LIKE 'http%' THEN scope ELSE '' END FROM facts_before;
INSERT INTO facts (id, scope, kind, text, source, valid_from, recorded_at, confidence, gist)
SELECT
    b.id, s.id, 'fact', b.text, '{"by":"person","trusted":true}', b.at, b.at, 1.0, 0
FROM facts_before b JOIN scopes s ON s.user = 'me' AND s.site = CASE WHEN b.scope LIKE 'http%' THEN b.scope ELSE '' END;
DROP TABLE facts_before;
