-- What is asked with every request, or with every step of a tenant, keeps its plan for as long as its connection lives. A
-- function in SQL that runs as its owner is planned with each query that calls it; one in PL/pgSQL once.

CREATE OR REPLACE FUNCTION fresco.tenant_named(name text) RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT t.id FROM fresco.tenants t WHERE t.subdomain = name ORDER BY t.destroyed_at DESC NULLS FIRST LIMIT 1);
END $$;

-- It stands in the queries for tenants themselves.
DROP FUNCTION fresco.first_run(uuid);
