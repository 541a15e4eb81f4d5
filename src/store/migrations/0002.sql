-- The people of the desk and what they did.
CREATE TABLE users (
    name TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    role TEXT NOT NULL,
    lang TEXT NOT NULL,
    disabled BIGINT NOT NULL,
    created BIGINT NOT NULL
);
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX sessions_by_name ON sessions (name);
CREATE INDEX sessions_by_expiry ON sessions (expires);
CREATE TABLE tokens (
    number {number},
    hash TEXT NOT NULL UNIQUE,
    label TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL
);
CREATE TABLE attempts (
    who TEXT NOT NULL,
    made BIGINT NOT NULL
);
CREATE INDEX attempts_by_who ON attempts (who, made);

CREATE TABLE decisions (
    number {number},
    message TEXT NOT NULL,
    made BIGINT NOT NULL,
    name TEXT NOT NULL,
    act TEXT NOT NULL,
    comment TEXT NOT NULL
);
CREATE INDEX decisions_of_message ON decisions (message);
CREATE TABLE exceptions (
    number {number},
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    approved_by TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT NOT NULL
);
CREATE INDEX exceptions_by_value ON exceptions (kind, value);

CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    made BIGINT NOT NULL,
    name TEXT NOT NULL,
    act TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_by_object ON audit (object, number);
