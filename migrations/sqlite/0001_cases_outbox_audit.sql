-- The first schema: cases with their outbox, the audit log, and what polling remembers.
-- Instants are microseconds since 1970-01-01T00:00:00Z. JSON columns hold the words of the program; the columns
-- beside them are copies to find and count by.

CREATE TABLE cases (
    seq         INTEGER PRIMARY KEY,
    reference   TEXT    NOT NULL UNIQUE,
    link        TEXT    NOT NULL,
    origin      TEXT    NOT NULL CHECK (origin IN ('province', 'national')),
    province_id TEXT,
    national_id TEXT,
    live        INTEGER NOT NULL,
    conflicts   INTEGER NOT NULL,
    parked      INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    replan      INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    json        TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX cases_by_province_id ON cases (link, province_id) WHERE province_id IS NOT NULL;
CREATE UNIQUE INDEX cases_by_national_id ON cases (link, national_id) WHERE national_id IS NOT NULL;
CREATE INDEX cases_in_order ON cases (link, reference);
CREATE INDEX cases_by_age ON cases (link, origin, seq);
CREATE INDEX cases_to_replan ON cases (seq) WHERE replan;
CREATE INDEX cases_in_trouble ON cases (seq) WHERE conflicts > 0 OR parked > 0 OR quarantined > 0;

-- Writes that are planned, in hand, in doubt or parked.
CREATE TABLE intents (
    seq            INTEGER PRIMARY KEY,
    key            TEXT    NOT NULL UNIQUE,
    case_reference TEXT    NOT NULL REFERENCES cases (reference) ON DELETE RESTRICT,
    link           TEXT    NOT NULL,
    side           TEXT    NOT NULL CHECK (side IN ('province', 'national')),
    record         TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('ready', 'sent', 'doubt', 'parked')),
    due            INTEGER NOT NULL,
    lease          INTEGER,
    fence          INTEGER NOT NULL DEFAULT 0,
    json           TEXT    NOT NULL
) STRICT;
-- One row in hand per record of a remote system, whatever the pair and the link.
CREATE UNIQUE INDEX intents_one_in_hand ON intents (record) WHERE state IN ('sent', 'doubt');
CREATE INDEX intents_of_case ON intents (case_reference, seq);
CREATE INDEX intents_to_claim ON intents (link, side, state, seq);
CREATE INDEX intents_by_due ON intents (due) WHERE state = 'ready';

CREATE TABLE audit (
    id             INTEGER PRIMARY KEY,
    at             INTEGER NOT NULL,
    link           TEXT    NOT NULL,
    case_reference TEXT    NOT NULL,
    what           TEXT    NOT NULL,
    json           TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_of_case ON audit (case_reference, id);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never changed'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'audit entries are never deleted'); END;

CREATE TABLE seen (
    system TEXT NOT NULL,
    id     TEXT NOT NULL,
    stamp  TEXT NOT NULL,
    PRIMARY KEY (system, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    system TEXT    NOT NULL,
    id     TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (system, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
    system    TEXT NOT NULL PRIMARY KEY,
    since     INTEGER,
    full_scan INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id     INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL,
    began  INTEGER NOT NULL,
    ended  INTEGER,
    result TEXT    NOT NULL
) STRICT;

-- One row: the key of the digests in audit entries, made with the database and known to nobody else.
CREATE TABLE installation (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    key  BLOB    NOT NULL
) STRICT;
INSERT INTO installation (only, key) VALUES (1, randomblob(32));
