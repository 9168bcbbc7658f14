-- The first visitor of an instance becomes its administrator, so only its owner may come until it is set up.

-- What is known of an instance's first run; no row: nothing yet.
CREATE TABLE fresco.tenant_first_runs (
    tenant_id       uuid PRIMARY KEY REFERENCES fresco.tenants,
    -- Once it is set, it stays.
    set_up_at       timestamptz,
    reopen_asked_at timestamptz,
    -- The wish that was granted, and when that was.
    reopen_granted  timestamptz,
    reopened_at     timestamptz,
    CHECK ((reopen_granted IS NULL) = (reopened_at IS NULL))
);

-- What an owner shows at the gate: a link, good for one exchange, and the session it is exchanged for. Each is 32 random
-- bytes, so a SHA-256 is enough: there is nothing to guess.
CREATE TABLE fresco.tenant_gate_keys (
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    tenant_id  uuid        NOT NULL REFERENCES fresco.tenants,
    kind       text        NOT NULL CHECK (kind IN ('link', 'session')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX tenant_gate_keys_of_tenant ON fresco.tenant_gate_keys (tenant_id, kind);

GRANT SELECT, INSERT (tenant_id, set_up_at, reopen_asked_at), UPDATE (set_up_at, reopen_asked_at)
   ON fresco.tenant_first_runs TO fresco_api;
GRANT SELECT, INSERT (tenant_id, set_up_at), UPDATE (set_up_at, reopen_granted, reopened_at)
   ON fresco.tenant_first_runs TO fresco_worker;
GRANT SELECT, INSERT, DELETE ON fresco.tenant_gate_keys TO fresco_api;
GRANT SELECT, DELETE ON fresco.tenant_gate_keys TO fresco_worker;

-- Whoever comes to a name is told who had it last.
CREATE INDEX tenants_of_name ON fresco.tenants (subdomain, destroyed_at);

-- All of it for one tenant: a column of every tenant that is read. Its names are those of `FirstRun` in the program.
CREATE FUNCTION fresco.first_run(tenant uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.jsonb_build_object(
        'set_up_at', f.set_up_at, 'reopen_asked_at', f.reopen_asked_at, 'reopen_granted', f.reopen_granted,
        'reopened_at', f.reopened_at,
        'released_at', (SELECT r.at FROM fresco.tenant_releases r WHERE r.tenant_id = tenant AND r.number = 1),
        'claimed_until', (SELECT pg_catalog.max(k.expires_at) FROM fresco.tenant_gate_keys k
                          WHERE k.tenant_id = tenant AND k.kind = 'session'))
    FROM (VALUES (0)) one (row) LEFT JOIN fresco.tenant_first_runs f ON f.tenant_id = tenant
$$;
GRANT EXECUTE ON FUNCTION fresco.first_run TO fresco_api, fresco_worker;
