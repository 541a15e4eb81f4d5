-- The server that the mails of an excepted sender come from; empty if only clients that logged in are meant.
ALTER TABLE exceptions ADD COLUMN server TEXT NOT NULL DEFAULT '';
-- Which messages an exception let pass.
CREATE TABLE excepted (
    message BIGINT NOT NULL,
    exception BIGINT NOT NULL,
    made BIGINT NOT NULL,
    PRIMARY KEY (message, exception)
);
CREATE INDEX excepted_by_exception ON excepted (exception, made);
