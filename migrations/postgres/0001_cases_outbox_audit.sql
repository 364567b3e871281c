-- The same tables as SQLite's, column by column: cases with their outbox, the audit log, what polling remembers, and
-- what several daemons on one database need. Instants are microseconds since 1970-01-01T00:00:00Z. JSON columns hold the
-- words of the program; the columns beside them are copies to find and count by. Names and keys sort by their bytes,
-- as they do in SQLite.

CREATE TABLE cases (
    seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference   TEXT COLLATE "C" NOT NULL UNIQUE,
    link        TEXT    NOT NULL,
    origin      TEXT    NOT NULL CHECK (origin IN ('province', 'national')),
    province_id TEXT COLLATE "C",
    national_id TEXT COLLATE "C",
    live        BOOLEAN NOT NULL,
    conflicts   BIGINT  NOT NULL,
    parked      BIGINT  NOT NULL,
    quarantined BIGINT  NOT NULL,
    replan      BOOLEAN NOT NULL,
    revision    BIGINT  NOT NULL,
    json        TEXT    NOT NULL
);
CREATE UNIQUE INDEX cases_by_province_id ON cases (link, province_id) WHERE province_id IS NOT NULL;
CREATE UNIQUE INDEX cases_by_national_id ON cases (link, national_id) WHERE national_id IS NOT NULL;
CREATE INDEX cases_in_order ON cases (link, reference);
CREATE INDEX cases_by_age ON cases (link, origin, seq);
CREATE INDEX cases_to_replan ON cases (seq) WHERE replan;
CREATE INDEX cases_in_trouble ON cases (seq) WHERE conflicts > 0 OR parked > 0 OR quarantined > 0;

-- Writes that are planned, in hand, in doubt or parked.
CREATE TABLE intents (
    seq            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key            TEXT COLLATE "C" NOT NULL UNIQUE,
    case_reference TEXT    NOT NULL REFERENCES cases (reference) ON DELETE RESTRICT,
    link           TEXT    NOT NULL,
    side           TEXT    NOT NULL CHECK (side IN ('province', 'national')),
    record         TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('ready', 'sent', 'doubt', 'parked')),
    due            BIGINT  NOT NULL,
    lease          BIGINT,
    fence          BIGINT  NOT NULL DEFAULT 0,
    json           TEXT    NOT NULL
);
-- One row in hand per record of a remote system, whatever the pair and the link.
CREATE UNIQUE INDEX intents_one_in_hand ON intents (record) WHERE state IN ('sent', 'doubt');
CREATE INDEX intents_of_case ON intents (case_reference, seq);
CREATE INDEX intents_to_claim ON intents (link, side, state, seq);
CREATE INDEX intents_by_due ON intents (due) WHERE state = 'ready';

CREATE TABLE audit (
    id             BIGINT  PRIMARY KEY,
    at             BIGINT  NOT NULL,
    link           TEXT    NOT NULL,
    case_reference TEXT    NOT NULL,
    what           TEXT    NOT NULL,
    json           TEXT    NOT NULL,
    -- The mappings in force when it was decided; null where a person's command decided it.
    province_mapping TEXT,
    national_mapping TEXT
);
CREATE INDEX audit_of_case ON audit (case_reference, id);
CREATE FUNCTION is_never_altered() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% are never %', TG_ARGV[0], CASE TG_OP WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END; END $$;
CREATE TRIGGER audit_is_never_altered BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION is_never_altered('audit entries');
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION is_never_altered('audit entries');

-- Which mapping of a system was in force since when, and which changed one was refused. A digest is that of the
-- mapping's text, lower-case hex.
CREATE TABLE mapping_uses (
    seq    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    system TEXT    NOT NULL,
    file   TEXT    NOT NULL,
    digest TEXT    NOT NULL,
    since  BIGINT  NOT NULL
);
CREATE INDEX mapping_uses_of_system ON mapping_uses (system, seq);
CREATE TRIGGER mapping_uses_are_never_altered BEFORE UPDATE OR DELETE ON mapping_uses
    FOR EACH ROW EXECUTE FUNCTION is_never_altered('mapping uses');
CREATE TRIGGER mapping_uses_are_never_emptied BEFORE TRUNCATE ON mapping_uses
    FOR EACH STATEMENT EXECUTE FUNCTION is_never_altered('mapping uses');

CREATE TABLE mapping_refusals (
    system   TEXT    NOT NULL PRIMARY KEY,
    file     TEXT    NOT NULL,
    digest   TEXT    NOT NULL,
    since    BIGINT  NOT NULL,
    problems TEXT    NOT NULL
);

CREATE TABLE seen (
    system TEXT NOT NULL,
    id     TEXT COLLATE "C" NOT NULL,
    stamp  TEXT NOT NULL,
    PRIMARY KEY (system, id)
);

CREATE TABLE quarantine (
    system TEXT    NOT NULL,
    id     TEXT COLLATE "C" NOT NULL,
    reason TEXT    NOT NULL,
    since  BIGINT  NOT NULL,
    -- The mapping that could not read it: under another one it is tried again.
    mapping TEXT   NOT NULL,
    PRIMARY KEY (system, id)
);

CREATE TABLE cursors (
    system    TEXT NOT NULL PRIMARY KEY,
    since     BIGINT,
    full_scan BIGINT
);

CREATE TABLE runs (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind   TEXT    NOT NULL,
    began  BIGINT  NOT NULL,
    ended  BIGINT,
    result TEXT    NOT NULL
);

-- One row: the key of the digests in audit entries, made with the database and known to nobody else.
CREATE TABLE installation (
    single BIGINT PRIMARY KEY CHECK (single = 1),
    key  BYTEA   NOT NULL
);
INSERT INTO installation (single, key) SELECT 1, sha256((gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text)::bytea);

-- One row: the number of the youngest audit entry. Entries take their numbers here, so that the log has no gaps.
CREATE TABLE log_head (
    single BIGINT PRIMARY KEY CHECK (single = 1),
    last BIGINT  NOT NULL
);
INSERT INTO log_head (single, last) VALUES (1, 0);

-- Who does the scheduled work of what (the poll of a system, the report), and until when.
CREATE TABLE duties (
    duty   TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL,
    until  BIGINT  NOT NULL
);
