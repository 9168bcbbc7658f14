-- How people prove who they are, and what they are given for it. All of it belongs to a user and goes with them.
-- Nothing here can be used by whoever reads it: tokens and codes are kept as SHA-256 (there is nothing to guess in them),
-- signing keys and TOTP secrets are sealed with a key that only the API has.

-- What access tokens are signed with (Ed25519). The public half is no secret, and stays until the last token that it
-- verifies has ended.
CREATE TABLE fresco.signing_keys (
    kid        text        PRIMARY KEY CHECK (length(kid) BETWEEN 1 AND 64),
    public     bytea       NOT NULL CHECK (octet_length(public) = 32),
    sealed     bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    -- From then on it verifies nothing; NULL: it has no successor.
    retired_at timestamptz
);

-- A log-in, from its beginning to its end.
CREATE TABLE fresco.sessions (
    id              uuid        PRIMARY KEY,
    user_id         uuid        NOT NULL REFERENCES fresco.users ON DELETE CASCADE,
    -- As which member of what they act now.
    organisation_id uuid        REFERENCES fresco.organisations ON DELETE SET NULL,
    -- Whether it outlives the browser.
    remembered      boolean     NOT NULL,
    created_at      timestamptz NOT NULL,
    last_used_at    timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    -- Where it was used last.
    address         text        NOT NULL CHECK (length(address) <= 64),
    user_agent      text        NOT NULL CHECK (length(user_agent) <= 256),
    revoked_at      timestamptz,
    revoked_because text        CHECK (revoked_because IN
                        ('logged_out', 'revoked', 'token_reused', 'password_changed', 'password_reset', 'user_disabled')),
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX sessions_of_user ON fresco.sessions (user_id, created_at);

-- Each is good for one use, which makes the next one. Used ones stay as long as their session, because one that is used
-- again was stolen.
CREATE TABLE fresco.refresh_tokens (
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    session_id uuid        NOT NULL REFERENCES fresco.sessions ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_of_session ON fresco.refresh_tokens (session_id);

-- What mailed links carry. One of a purpose at a time.
CREATE TABLE fresco.user_tokens (
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    user_id    uuid        NOT NULL REFERENCES fresco.users ON DELETE CASCADE,
    purpose    text        NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    UNIQUE (user_id, purpose)
);

-- The second factor. Not confirmed: its owner has not yet shown that their app has it, so it is not asked for.
CREATE TABLE fresco.totp (
    user_id      uuid        PRIMARY KEY REFERENCES fresco.users ON DELETE CASCADE,
    sealed       bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    confirmed_at timestamptz,
    -- The time step of the last code that was taken; only codes of later ones are.
    last_step    bigint      NOT NULL DEFAULT 0
);

-- In the second factor's place when it is lost; each is good once.
CREATE TABLE fresco.recovery_codes (
    user_id uuid        NOT NULL REFERENCES fresco.users ON DELETE CASCADE,
    hash    bytea       NOT NULL CHECK (octet_length(hash) = 32),
    used_at timestamptz,
    PRIMARY KEY (user_id, hash)
);

-- The worker has no business with any of it.
GRANT SELECT, INSERT, UPDATE (retired_at), DELETE ON fresco.signing_keys TO fresco_api;
GRANT SELECT, INSERT, DELETE,
      UPDATE (organisation_id, last_used_at, expires_at, address, user_agent, revoked_at, revoked_because)
   ON fresco.sessions TO fresco_api;
GRANT SELECT, INSERT, UPDATE (used_at) ON fresco.refresh_tokens TO fresco_api;
GRANT SELECT, INSERT, DELETE, UPDATE (hash, created_at, expires_at) ON fresco.user_tokens TO fresco_api;
GRANT SELECT, INSERT, DELETE, UPDATE (sealed, created_at, confirmed_at, last_step) ON fresco.totp TO fresco_api;
GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON fresco.recovery_codes TO fresco_api;
