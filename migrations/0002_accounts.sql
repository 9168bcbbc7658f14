-- Who owns tenants, and the operator's way in.

CREATE TABLE fresco.organisations (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE fresco.users (
    id              uuid PRIMARY KEY,
    organisation_id uuid        NOT NULL REFERENCES fresco.organisations,
    name            text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at      timestamptz NOT NULL DEFAULT now()
);

-- `OrganisationId::OPERATOR` and `UserId::OPERATOR`.
INSERT INTO fresco.organisations (id, name) VALUES ('00000000-0000-0000-0000-000000000001', 'Operator');
INSERT INTO fresco.users (id, organisation_id, name)
VALUES ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000001', 'Operator');

-- A key has 32 random bytes, so its SHA-256 is enough: there is nothing to guess.
CREATE TABLE fresco.operator_keys (
    id           uuid PRIMARY KEY,
    name         text        NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    hash         bytea       NOT NULL CHECK (octet_length(hash) = 32),
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at   timestamptz
);

GRANT SELECT ON fresco.organisations, fresco.users TO fresco_api, fresco_worker;
-- Keys are made and revoked by the privileged side only: a bug in the web side mints none.
GRANT SELECT, UPDATE (last_used_at) ON fresco.operator_keys TO fresco_api;
GRANT SELECT, INSERT, UPDATE (last_used_at, revoked_at) ON fresco.operator_keys TO fresco_worker;
