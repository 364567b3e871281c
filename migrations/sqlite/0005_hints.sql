-- What systems told by themselves: tickets to be read again, and which notices came, so that none counts twice.

CREATE TABLE notices (
    proof TEXT    NOT NULL PRIMARY KEY,
    at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_at ON notices (at);

-- `times` rises with each notice of the ticket: a reading ends only what was told before it began.
CREATE TABLE hints (
    system TEXT    NOT NULL,
    ticket TEXT    NOT NULL,
    times  INTEGER NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (system, ticket)
) STRICT, WITHOUT ROWID;
