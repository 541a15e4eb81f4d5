-- What is kept of messages. {number} is a key that counts up, {blob} a run of bytes; times are seconds since 1970.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value {blob} NOT NULL
);

-- Mails of one attack, in one row of the queue. The lead is the message that stands for them.
CREATE TABLE campaigns (
    number {number},
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    messages BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    people BIGINT NOT NULL,
    verdict BIGINT NOT NULL,
    score BIGINT NOT NULL,
    lead BIGINT NOT NULL
);
CREATE INDEX campaigns_by_time ON campaigns (last, number);
CREATE INDEX campaigns_by_score ON campaigns (score, last, number);
CREATE INDEX campaigns_waiting_by_time ON campaigns (last, number) WHERE waiting > 0;
CREATE INDEX campaigns_waiting_by_score ON campaigns (score, last, number) WHERE waiting > 0;

-- By what the next mail of a campaign is known.
CREATE TABLE campaign_keys (
    mark TEXT PRIMARY KEY,
    campaign BIGINT NOT NULL,
    seen BIGINT NOT NULL
);
CREATE INDEX campaign_keys_by_age ON campaign_keys (seen);

CREATE TABLE messages (
    number {number},
    id TEXT NOT NULL UNIQUE,
    received BIGINT NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    reporter TEXT NOT NULL,
    client TEXT NOT NULL,
    queue_id TEXT NOT NULL,
    action TEXT NOT NULL,
    sender TEXT NOT NULL,
    shown_from TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    dated TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    kept BIGINT NOT NULL,
    verdict BIGINT NOT NULL,
    score BIGINT NOT NULL,
    complete BIGINT NOT NULL,
    locked BIGINT NOT NULL,
    state BIGINT NOT NULL,
    rule TEXT NOT NULL,
    title TEXT NOT NULL,
    title_ja TEXT NOT NULL,
    evidence TEXT NOT NULL,
    trail TEXT NOT NULL,
    unread TEXT NOT NULL,
    recipients BIGINT NOT NULL,
    campaign BIGINT NOT NULL
);
CREATE INDEX messages_by_time ON messages (received, campaign, source, state);
CREATE INDEX messages_by_source ON messages (source, received, campaign, state);
CREATE INDEX messages_of_campaign ON messages (campaign, score, received, number);
CREATE INDEX messages_waiting ON messages (campaign) WHERE state = 1;
CREATE INDEX messages_locked ON messages (received) WHERE locked = 1;
CREATE INDEX messages_kept ON messages (state, received) WHERE kept > 0;
CREATE INDEX messages_by_hash ON messages (sha256);
CREATE INDEX messages_by_message_id ON messages (message_id);

-- The mails themselves and their reports, packed and encrypted.
CREATE TABLE raws (
    message BIGINT PRIMARY KEY,
    sealed {blob} NOT NULL
);
CREATE TABLE reports (
    message BIGINT NOT NULL,
    version BIGINT NOT NULL,
    made BIGINT NOT NULL,
    verdict BIGINT NOT NULL,
    score BIGINT NOT NULL,
    sealed {blob} NOT NULL,
    PRIMARY KEY (message, version)
);

CREATE TABLE recipients (
    message BIGINT NOT NULL,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    PRIMARY KEY (message, address)
);
CREATE INDEX recipients_by_address ON recipients (address, message);

-- The recipients of all mails of a campaign.
CREATE TABLE people (
    campaign BIGINT NOT NULL,
    address TEXT NOT NULL,
    domain TEXT NOT NULL,
    PRIMARY KEY (campaign, address)
);
CREATE INDEX people_by_domain ON people (domain, campaign);

CREATE TABLE artifacts (
    message BIGINT NOT NULL,
    place BIGINT NOT NULL,
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    via TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (message, place)
);
CREATE INDEX artifacts_by_hash ON artifacts (sha256, message);

CREATE TABLE indicators (
    message BIGINT NOT NULL,
    place BIGINT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (message, place)
);
CREATE INDEX indicators_by_value ON indicators (value, message);

CREATE TABLE rules (
    message BIGINT NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (message, rule)
);
CREATE INDEX rules_by_rule ON rules (rule, message);

-- What a search looks through; the index of its grams is beside it, in the way of each database.
CREATE TABLE texts (
    message BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);

-- What recent mails say of themselves and of passwords, encrypted.
CREATE TABLE letters (
    number {number},
    received BIGINT NOT NULL,
    message TEXT NOT NULL,
    sealed {blob} NOT NULL
);
CREATE INDEX letters_by_time ON letters (received);
CREATE INDEX letters_of_message ON letters (message);
