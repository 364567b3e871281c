-- What several daemons on one database need; SQLite has one daemon, and the same tables.

-- One row: the number of the youngest audit entry. Entries take their numbers here, so that the log has no gaps.
CREATE TABLE log_head (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    last INTEGER NOT NULL
) STRICT;
INSERT INTO log_head (single, last) SELECT 1, coalesce(max(id), 0) FROM audit;

-- Who does the scheduled work of what (the poll of a system, the report), and until when.
CREATE TABLE duties (
    duty   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
