-- Whether a token may only read, whatever its role.
ALTER TABLE tokens ADD COLUMN reading BIGINT NOT NULL DEFAULT 0;
