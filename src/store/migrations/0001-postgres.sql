CREATE TABLE grams (
    message BIGINT PRIMARY KEY,
    grams INTEGER[] NOT NULL
);
CREATE INDEX grams_index ON grams USING GIN (grams);
