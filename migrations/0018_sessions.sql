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
                        ('logged_out', 'revoked', 'token_reused', 'password_changed', 'password_reset')),
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

-- Whom a session stands for now, and what they are in the organisation that their token names: null where they are no
-- member of it (any more). No row: it has ended, or its owner was shut out.
CREATE FUNCTION fresco.session_shown(session uuid, organisation uuid, at timestamptz)
    RETURNS TABLE (user_id uuid, role text) LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT s.user_id, (SELECT m.role FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
                        WHERE m.organisation_id = organisation AND m.user_id = s.user_id AND o.deleted_at IS NULL)
      FROM fresco.sessions s JOIN fresco.users u ON u.id = s.user_id
     WHERE s.id = session AND s.revoked_at IS NULL AND s.expires_at > at AND u.disabled_at IS NULL;
END;

-- Ends the keys that somebody has made, wherever: they act for who made them, or in their name.
CREATE FUNCTION fresco.revoke_my_api_keys(at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE fresco.api_keys SET revoked_at = at
     WHERE created_by = fresco.my_user() AND fresco.i_am_alone() AND revoked_at IS NULL;
END $$;

-- Ends an account and what is its alone. What others need of it (who made a tenant, who invited somebody) keeps a row that
-- says nothing of whom. Answers what stands in its way, or null: organisations that would be left without an owner, and
-- instances of their own that are not destroyed.
CREATE FUNCTION fresco.delete_me(at timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me constant uuid := fresco.my_user();
BEGIN
    IF NOT fresco.i_am_alone() THEN
        RAISE insufficient_privilege USING MESSAGE = 'everybody deletes their own account only';
    END IF;
    -- As whoever changes members does.
    PERFORM FROM fresco.organisations o JOIN fresco.memberships m ON m.organisation_id = o.id
      WHERE m.user_id = me ORDER BY o.id FOR UPDATE OF o;
    IF EXISTS (SELECT FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
                WHERE m.user_id = me AND m.role = 'owner' AND NOT o.personal AND o.deleted_at IS NULL
                  AND NOT EXISTS (SELECT FROM fresco.memberships other
                                   WHERE other.organisation_id = o.id AND other.user_id <> me AND other.role = 'owner')) THEN
        RETURN 'last_owner';
    END IF;
    IF EXISTS (SELECT FROM fresco.tenants t JOIN fresco.organisations o ON o.id = t.organisation_id
                JOIN fresco.memberships m ON m.organisation_id = o.id AND m.user_id = me
                WHERE o.personal AND t.destroyed_at IS NULL) THEN
        RETURN 'not_empty';
    END IF;
    UPDATE fresco.api_keys SET revoked_at = at WHERE created_by = me AND revoked_at IS NULL;
    UPDATE fresco.organisations o SET deleted_at = at, name = 'Deleted'
      FROM fresco.memberships m WHERE m.organisation_id = o.id AND m.user_id = me AND o.personal;
    DELETE FROM fresco.memberships WHERE user_id = me;
    DELETE FROM fresco.sessions WHERE user_id = me;
    DELETE FROM fresco.user_tokens WHERE user_id = me;
    DELETE FROM fresco.totp WHERE user_id = me;
    DELETE FROM fresco.recovery_codes WHERE user_id = me;
    UPDATE fresco.users
       SET email = NULL, name = 'Deleted', password_hash = NULL, email_verified_at = NULL, last_login_at = NULL,
           disabled_at = at, terms_version = NULL, preferences = '{}', metadata = '{}'
     WHERE id = me;
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION fresco.session_shown, fresco.revoke_my_api_keys, fresco.delete_me TO fresco_api;
