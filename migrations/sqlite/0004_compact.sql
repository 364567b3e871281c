-- Each text of a case and of a write is stored once, in a form that older programs don't know. A claim is noted in columns,
-- without writing the document of its intent anew.

CREATE TABLE intents_anew (
    seq            INTEGER PRIMARY KEY,
    key            TEXT    NOT NULL,
    case_reference TEXT    NOT NULL REFERENCES cases (reference) ON DELETE RESTRICT,
    link           TEXT    NOT NULL,
    side           TEXT    NOT NULL CHECK (side IN ('province', 'national')),
    record         TEXT    NOT NULL,
    state          TEXT    NOT NULL CHECK (state IN ('ready', 'sent', 'doubt', 'parked')),
    due            INTEGER NOT NULL,
    -- When the first claim of it was committed.
    first_sent     INTEGER,
    lease          INTEGER,
    fence          INTEGER NOT NULL DEFAULT 0,
    json           TEXT    NOT NULL,
    UNIQUE (case_reference, key)
) STRICT;
INSERT INTO intents_anew (seq, key, case_reference, link, side, record, state, due, lease, fence, json)
    SELECT seq, key, case_reference, link, side, record, state, due, lease, fence, json FROM intents;
DROP TABLE intents;
ALTER TABLE intents_anew RENAME TO intents;
-- One row in hand per record of a remote system, whatever the pair and the link.
CREATE UNIQUE INDEX intents_one_in_hand ON intents (record) WHERE state IN ('sent', 'doubt');
CREATE INDEX intents_to_claim ON intents (link, side, state, seq);
CREATE INDEX intents_by_due ON intents (due) WHERE state = 'ready';

-- The log is read in its order only.
DROP INDEX audit_of_case;
