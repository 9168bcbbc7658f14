-- What is asked with every request, or with every step of a tenant, keeps its plan for as long as its connection lives. A
-- function in SQL that runs as its owner is planned with each query that calls it; one in PL/pgSQL once.

CREATE OR REPLACE FUNCTION fresco.session_shown(session uuid, organisation uuid, at timestamptz)
    RETURNS TABLE (user_id uuid, role text, standing text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.user_id, (SELECT m.role FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
                        WHERE m.organisation_id = organisation AND m.user_id = s.user_id AND o.deleted_at IS NULL),
           fresco.standing(u.email, u.email_verified_at, u.approved_at)
      FROM fresco.sessions s JOIN fresco.users u ON u.id = s.user_id
     WHERE s.id = session AND s.revoked_at IS NULL AND s.expires_at > at AND u.disabled_at IS NULL;
END $$;

CREATE OR REPLACE FUNCTION fresco.api_key_shown(key uuid)
    RETURNS TABLE (organisation_id uuid, user_id uuid, created_by uuid, hash bytea, scopes text[], expires_at timestamptz,
                   last_used_at timestamptz, role text, standing text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.organisation_id, k.user_id, k.created_by, k.hash, k.scopes, k.expires_at, k.last_used_at, m.role,
           fresco.standing(u.email, u.email_verified_at, u.approved_at)
      FROM fresco.api_keys k JOIN fresco.organisations o ON o.id = k.organisation_id
      JOIN fresco.users u ON u.id = k.created_by
      LEFT JOIN fresco.memberships m ON m.organisation_id = k.organisation_id AND m.user_id = k.user_id
     WHERE k.id = key AND k.revoked_at IS NULL AND o.deleted_at IS NULL AND u.disabled_at IS NULL
       AND (k.user_id IS NULL OR m.role IS NOT NULL);
END $$;

CREATE OR REPLACE FUNCTION fresco.tenant_named(name text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT t.id FROM fresco.tenants t WHERE t.subdomain = name ORDER BY t.destroyed_at DESC NULLS FIRST LIMIT 1);
END $$;

CREATE OR REPLACE FUNCTION fresco.row_states(tenants uuid[])
    RETURNS TABLE (id uuid, version bigint, generation bigint, under_way boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT t.id, t.xmin::text::bigint, t.generation, t.current_step IS NOT NULL
      FROM fresco.tenants t WHERE t.id = ANY (tenants);
END $$;

-- It stands in the queries for tenants themselves.
DROP FUNCTION fresco.first_run(uuid);
