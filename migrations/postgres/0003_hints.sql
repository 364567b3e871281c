-- What systems told by themselves: tickets to be read again, and which notices came, so that none counts twice.

CREATE TABLE notices (
    proof text   NOT NULL PRIMARY KEY,
    at    bigint NOT NULL
);
CREATE INDEX notices_at ON notices (at);

-- `times` rises with each notice of the ticket: a reading ends only what was told before it began.
CREATE TABLE hints (
    system text   NOT NULL,
    ticket text   NOT NULL,
    times  bigint NOT NULL,
    since  bigint NOT NULL,
    PRIMARY KEY (system, ticket)
);
