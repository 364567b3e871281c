-- Each text of a case and of a write is stored once, in a form that older programs don't know. A claim is noted in columns,
-- without writing the document of its intent anew.

-- When the first claim of it was committed.
ALTER TABLE intents ADD COLUMN first_sent BIGINT;
ALTER TABLE intents DROP CONSTRAINT intents_key_key;
DROP INDEX intents_of_case;
CREATE UNIQUE INDEX intents_of_case ON intents (case_reference, key);

-- The log is read in its order only.
DROP INDEX audit_of_case;

-- Documents are small by now: they stay in their rows, which costs less than compressing them and laying them elsewhere.
ALTER TABLE cases SET (toast_tuple_target = 8160);
ALTER TABLE intents SET (toast_tuple_target = 8160);
ALTER TABLE audit SET (toast_tuple_target = 8160);
