-- People, the organisations they share, who is invited to them, and the keys of programs.

ALTER TABLE fresco.organisations
    -- Made with its owner's account, and gone with it.
    ADD COLUMN personal   boolean NOT NULL DEFAULT false,
    -- Its tombstones and its history need its row; nobody but the operator sees it any more.
    ADD COLUMN deleted_at timestamptz;

ALTER TABLE fresco.users
    -- As it was written; null: the operator.
    ADD COLUMN email             text CHECK (email ~ '^[!-~]{1,64}@[!-~]+$' AND length(email) <= 254),
    -- argon2id, with its parameters; null: nobody signs in with a password.
    ADD COLUMN password_hash     text,
    ADD COLUMN email_verified_at timestamptz,
    ADD COLUMN last_login_at     timestamptz,
    ADD COLUMN disabled_at       timestamptz,
    -- The newest terms of use that were accepted.
    ADD COLUMN terms_version     text,
    -- What one wants to be told by mail, and the like.
    ADD COLUMN preferences       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(preferences) = 'object'),
    ADD COLUMN metadata          jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object');

-- `Email::key` in the program.
CREATE UNIQUE INDEX users_email_key ON fresco.users (lower(email));

CREATE TABLE fresco.memberships (
    organisation_id uuid        NOT NULL REFERENCES fresco.organisations,
    user_id         uuid        NOT NULL REFERENCES fresco.users,
    role            text        NOT NULL CHECK (role IN ('viewer', 'member', 'manager', 'admin', 'owner')),
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (organisation_id, user_id)
);
CREATE INDEX memberships_of_user ON fresco.memberships (user_id);

INSERT INTO fresco.memberships (organisation_id, user_id, role, created_at)
SELECT organisation_id, id, 'owner', created_at FROM fresco.users;
ALTER TABLE fresco.users DROP COLUMN organisation_id;

-- Good for one person, once: whoever has the address. The token is 32 random bytes, so a SHA-256 is enough.
CREATE TABLE fresco.invitations (
    id              uuid PRIMARY KEY,
    organisation_id uuid        NOT NULL REFERENCES fresco.organisations,
    email           text        NOT NULL CHECK (length(email) <= 254),
    role            text        NOT NULL CHECK (role IN ('viewer', 'member', 'manager', 'admin', 'owner')),
    hash            bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    invited_by      uuid        NOT NULL REFERENCES fresco.users,
    created_at      timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    accepted_at     timestamptz,
    accepted_by     uuid        REFERENCES fresco.users,
    revoked_at      timestamptz,
    CHECK ((accepted_at IS NULL) = (accepted_by IS NULL)),
    CHECK (accepted_at IS NULL OR revoked_at IS NULL)
);
-- One an address at a time.
CREATE UNIQUE INDEX invitations_open ON fresco.invitations (organisation_id, lower(email))
    WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX invitations_of_inviter ON fresco.invitations (invited_by);

-- A key has 32 random bytes, as an operator's has.
CREATE TABLE fresco.api_keys (
    id              uuid PRIMARY KEY,
    organisation_id uuid        NOT NULL REFERENCES fresco.organisations,
    -- Whom it acts for; null: the organisation.
    user_id         uuid        REFERENCES fresco.users,
    created_by      uuid        NOT NULL REFERENCES fresco.users,
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    hash            bytea       NOT NULL CHECK (octet_length(hash) = 32),
    -- `Permission`s, by name.
    scopes          text[]      NOT NULL CHECK (cardinality(scopes) > 0),
    created_at      timestamptz NOT NULL,
    -- Null: it doesn't.
    expires_at      timestamptz,
    last_used_at    timestamptz,
    revoked_at      timestamptz,
    CHECK (user_id IS NULL OR user_id = created_by)
);
CREATE INDEX api_keys_of_organisation ON fresco.api_keys (organisation_id, created_at, id);
CREATE INDEX api_keys_of_user ON fresco.api_keys (user_id);

-- Nobody reads a password's hash by the way: see the functions of the next migration.
REVOKE SELECT ON fresco.users FROM fresco_api, fresco_worker;
GRANT SELECT (id, name, email, created_at, email_verified_at, last_login_at, disabled_at, terms_version, preferences,
              metadata) ON fresco.users TO fresco_api, fresco_worker;
GRANT INSERT (id, name, email, password_hash, created_at, email_verified_at, terms_version),
      UPDATE (name, email, password_hash, email_verified_at, last_login_at, terms_version, preferences, metadata)
   ON fresco.users TO fresco_api;
GRANT UPDATE (name, deleted_at) ON fresco.organisations TO fresco_api;
GRANT SELECT, INSERT, UPDATE (role), DELETE ON fresco.memberships TO fresco_api;
GRANT SELECT,
      INSERT (id, organisation_id, email, role, hash, invited_by, created_at, expires_at),
      UPDATE (revoked_at)
   ON fresco.invitations TO fresco_api;
GRANT SELECT,
      INSERT (id, organisation_id, user_id, created_by, name, hash, scopes, created_at, expires_at),
      UPDATE (revoked_at)
   ON fresco.api_keys TO fresco_api;
