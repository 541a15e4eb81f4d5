-- Answers to reporters that wait for the mail server: the finished letter, encrypted; when it is sent next; and until when
-- it belongs to a desk that is sending it.
CREATE TABLE outbox (
    number {number},
    message TEXT NOT NULL UNIQUE,
    recipient TEXT NOT NULL,
    sealed {blob} NOT NULL,
    made BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_try BIGINT NOT NULL,
    held BIGINT NOT NULL
);
CREATE INDEX outbox_by_time ON outbox (next_try);
-- For the page that tells how many were given up.
CREATE INDEX audit_unsent ON audit (made) WHERE act = 'answer-failed';
