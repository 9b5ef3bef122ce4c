-- The demo site's own database: what was done on the site, whatever a page may say.
CREATE TABLE sessions (
    token   TEXT PRIMARY KEY,
    csrf    TEXT NOT NULL,
    user    TEXT
) STRICT;

CREATE TABLE drafts (
    token        TEXT PRIMARY KEY,
    user         TEXT NOT NULL,
    employee     TEXT NOT NULL,
    title        TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    date         TEXT NOT NULL,
    category     TEXT NOT NULL,
    company_card INTEGER NOT NULL,
    file_name    TEXT,
    file_bytes   BLOB,
    claim        INTEGER
) STRICT;

CREATE TABLE claims (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    employee     TEXT NOT NULL,
    title        TEXT NOT NULL,
    amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
    date         TEXT NOT NULL,
    category     TEXT NOT NULL,
    company_card INTEGER NOT NULL,
    file_name    TEXT,
    file_bytes   BLOB,
    filed_by     TEXT NOT NULL,
    filed_at     INTEGER NOT NULL,
    approved     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The first claim is C-1001.
INSERT INTO sqlite_sequence (name, seq) VALUES ('claims', 1000);

CREATE TABLE effects (
    id    INTEGER PRIMARY KEY AUTOINCREMENT,
    at    INTEGER NOT NULL,
    user  TEXT NOT NULL,
    what  TEXT NOT NULL,
    about TEXT NOT NULL
) STRICT;
