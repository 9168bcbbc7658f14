-- A change of what serves may not work, and the container of what served before may be gone by then: it is made again from
-- the revision that served last. A column of every tenant that is read; null once what is wanted now has served.
CREATE FUNCTION fresco.served_before(tenant uuid, generation bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.jsonb_build_object(
        'generation', r.generation, 'desired_state', r.desired_state, 'spec', r.spec, 'pinned_image', r.pinned_image)
    FROM fresco.tenant_revisions r
    WHERE r.tenant_id = tenant AND r.generation < served_before.generation
      AND r.desired_state = 'running' AND r.converged_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM fresco.tenant_revisions n
                      WHERE n.tenant_id = tenant AND n.generation = served_before.generation
                        AND n.converged_at IS NOT NULL)
    ORDER BY r.generation DESC LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION fresco.served_before TO fresco_api, fresco_worker;
