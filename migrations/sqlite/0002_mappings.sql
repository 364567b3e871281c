-- Which mapping of a system was in force since when, which changed one was refused, and by which one each thing was
-- understood: a digest is that of the mapping's text, lower-case hex.

CREATE TABLE mapping_uses (
    seq    INTEGER PRIMARY KEY,
    system TEXT    NOT NULL,
    file   TEXT    NOT NULL,
    digest TEXT    NOT NULL,
    since  INTEGER NOT NULL
) STRICT;
CREATE INDEX mapping_uses_of_system ON mapping_uses (system, seq);
CREATE TRIGGER mapping_uses_are_never_changed BEFORE UPDATE ON mapping_uses
BEGIN SELECT RAISE(ABORT, 'mapping uses are never changed'); END;
CREATE TRIGGER mapping_uses_are_never_deleted BEFORE DELETE ON mapping_uses
BEGIN SELECT RAISE(ABORT, 'mapping uses are never deleted'); END;

-- A changed mapping that is not sound. The one in force goes on; the row goes when a sound one is taken.
CREATE TABLE mapping_refusals (
    system   TEXT    NOT NULL PRIMARY KEY,
    file     TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    since    INTEGER NOT NULL,
    problems TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- The mapping that could not read it: under another one it is tried again.
ALTER TABLE quarantine ADD COLUMN mapping TEXT NOT NULL DEFAULT '';

-- The mappings in force when it was decided; null where a person's command decided it.
ALTER TABLE audit ADD COLUMN province_mapping TEXT;
ALTER TABLE audit ADD COLUMN national_mapping TEXT;
