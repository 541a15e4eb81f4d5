-- The envelope of a mail as the mail server gave it: the sender in place 0, then the recipients.
CREATE TABLE envelopes (
    message BIGINT NOT NULL,
    place BIGINT NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (message, place)
);
CREATE INDEX decisions_by_act ON decisions (act, message, number);
