-- Signing up: a draft that is kept for an hour, found again by its link, and that keeps its name for whoever wrote it.

-- Nobody's in particular until it is deployed: who shows its token may see and change it. The token is 32 random bytes, so a
-- SHA-256 is enough.
CREATE TABLE fresco.signup_sessions (
    id            uuid PRIMARY KEY,
    hash          bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    email         text        NOT NULL CHECK (length(email) <= 254),
    -- `wizard::Draft` in the program.
    draft         jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(draft) = 'object'),
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    -- What became of it; asked for twice, it is deployed once.
    tenant_id     uuid        REFERENCES fresco.tenants,
    deployment_id uuid        REFERENCES fresco.deployments,
    CHECK ((tenant_id IS NULL) = (deployment_id IS NULL))
);
CREATE INDEX signup_sessions_expiry ON fresco.signup_sessions (expires_at);

-- A draft's name: nobody else gets it meanwhile. One a draft.
CREATE TABLE fresco.name_holds (
    subdomain text PRIMARY KEY CHECK (subdomain ~ '^[a-z][a-z0-9-]{1,61}[a-z0-9]$'),
    signup_id uuid        NOT NULL UNIQUE REFERENCES fresco.signup_sessions ON DELETE CASCADE,
    until     timestamptz NOT NULL
);

GRANT SELECT, INSERT (id, hash, email, draft, created_at, updated_at, expires_at),
      UPDATE (draft, updated_at, expires_at, tenant_id, deployment_id), DELETE
   ON fresco.signup_sessions TO fresco_api;
GRANT SELECT, INSERT, UPDATE (signup_id, until), DELETE ON fresco.name_holds TO fresco_api;

-- Why nobody gets a name at present, but whoever has this draft; and until when, if that is known. No row: it is free.
DROP FUNCTION fresco.name_refused(text, timestamptz);
CREATE FUNCTION fresco.name_refused(name text, at timestamptz, signup uuid)
    RETURNS TABLE (because text, until timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT CASE WHEN t.destroyed_at IS NULL THEN 'taken' ELSE 'quarantine' END, t.quarantine_until
      FROM fresco.tenants t
     WHERE t.subdomain = name AND (t.destroyed_at IS NULL OR t.quarantine_until > at)
    UNION ALL
    SELECT 'held', h.until FROM fresco.name_holds h
     WHERE h.subdomain = name AND h.until > at AND h.signup_id IS DISTINCT FROM signup
     ORDER BY 1 DESC LIMIT 1;
END;
GRANT EXECUTE ON FUNCTION fresco.name_refused TO fresco_api;
