-- A program on somebody's machine that wants a key of theirs (RFC 8628): it shows them a code, they type it where they are
-- signed in, and it gets the key by a code of its own. Both codes are kept as SHA-256 only, for minutes, and used up.
CREATE TABLE fresco.device_codes (
    -- Of what the program keeps to itself: 32 random bytes.
    hash            bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    -- Of what the person types. It is short: how often somebody tries is limited, and it is worth nothing without its answer.
    user_hash       bytea       NOT NULL UNIQUE CHECK (octet_length(user_hash) = 32),
    -- What the key will be called.
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    -- From where it is asked for; shown to whoever is to answer.
    address         text        NOT NULL CHECK (length(address) <= 64),
    user_agent      text        NOT NULL CHECK (length(user_agent) <= 256),
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    -- Who has said yes, and where the key will act. No is the row's end.
    approved_by     uuid        REFERENCES fresco.users ON DELETE CASCADE,
    organisation_id uuid        REFERENCES fresco.organisations ON DELETE CASCADE,
    CHECK ((approved_by IS NULL) = (organisation_id IS NULL))
);
CREATE INDEX device_codes_expiry ON fresco.device_codes (expires_at);

GRANT SELECT, INSERT (hash, user_hash, name, address, user_agent, created_at, expires_at),
      UPDATE (approved_by, organisation_id), DELETE
   ON fresco.device_codes TO fresco_api;
