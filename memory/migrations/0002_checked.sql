-- What a list's line and a fact must have beside them, as entries have it already. Those of older files are filled in by the
-- program, in the same transaction as this.
ALTER TABLE runs ADD COLUMN checksum BLOB;
ALTER TABLE facts ADD COLUMN checksum BLOB;

-- Why a run was set aside: nothing is read from it.
ALTER TABLE runs ADD COLUMN damaged TEXT;

-- When it was last put: what was put just now may be about to be referred to.
ALTER TABLE blobs ADD COLUMN at INTEGER NOT NULL DEFAULT 0;

-- The file of itself: one row.
CREATE TABLE store (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    -- Tells this file from another one at the same path.
    id         TEXT    NOT NULL,
    -- How often anything was written: a lost tail of the write-ahead log shows.
    commits    INTEGER NOT NULL,
    -- When all of it was last checked, in milliseconds since 1970-01-01 UTC.
    checked_at INTEGER NOT NULL,
    -- What the tables should look like, and since which migration.
    version    INTEGER NOT NULL,
    tables     BLOB    NOT NULL,
    checksum   BLOB    NOT NULL
) STRICT;

-- What a repair took out of the other tables because it was damaged.
CREATE TABLE set_aside (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    what    TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    content BLOB
) STRICT;
