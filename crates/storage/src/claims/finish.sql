WITH mine AS (
    SELECT tenant_id, taken, attempts FROM fresco.tenant_claims
    WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE),
ended AS (
    UPDATE fresco.deployments d
    SET status = CASE WHEN d.generation < $8::bigint THEN 'superseded' ELSE $12 END,
        error = CASE WHEN d.generation < $8 THEN NULL ELSE $10::jsonb END,
        started_at = coalesce(d.started_at, $17::timestamptz), finished_at = $17
    FROM mine
    WHERE d.tenant_id = mine.tenant_id AND d.finished_at IS NULL
      AND (d.generation < $8
           OR ($12::text IS NOT NULL AND (d.generation = $8 OR $5::text = 'destroyed')))
    RETURNING d.action, d.status),
mended AS (
    -- It had failed for good, and has come right all the same: somebody mended what was in its way.
    UPDATE fresco.deployments d SET status = 'succeeded', error = NULL, finished_at = $17
    FROM mine
    WHERE $12 = 'succeeded' AND d.tenant_id = mine.tenant_id AND d.generation = $8 AND d.status = 'failed'
    RETURNING d.action, d.status),
seen AS (
    UPDATE fresco.tenants t
    SET observed = $4, status = $5::text, conditions = $6, container_id = $7, observed_generation = $8,
        observed_at = $9, last_error = $10, current_step = NULL, step_started_at = NULL,
        attempt = CASE WHEN $20::boolean THEN 0 ELSE mine.attempts END,
        next_attempt_at = CASE WHEN $20 THEN NULL ELSE $11::timestamptz END,
        last_deployed_at = CASE WHEN EXISTS (
            SELECT FROM (TABLE ended UNION ALL TABLE mended) d
            WHERE d.status = 'succeeded' AND d.action IN ('deploy', 'update', 'rollback'))
            THEN $17 ELSE t.last_deployed_at END,
        destroyed_at = CASE WHEN $5 = 'destroyed' THEN $17 END,
        receipt = CASE WHEN $18::jsonb IS NULL THEN t.receipt ELSE coalesce(t.receipt, '{}') || $18 END,
        quarantine_until = $19
    FROM mine WHERE t.id = mine.tenant_id
    RETURNING t.id, t.destroyed_at, t.generation > mine.taken AS dirty),
converged AS (
    UPDATE fresco.tenant_revisions r
    SET converged_at = $17,
        released = (SELECT coalesce(max(l.number), 0) FROM fresco.tenant_releases l WHERE l.tenant_id = r.tenant_id),
        -- As `TenantSpec::image_in_force` has it.
        pinned_image = CASE WHEN t.pinned_image ->> 'reference' = r.spec ->> 'image'
                             AND coalesce(t.pinned_image -> 'refreshes', '0') = coalesce(r.spec -> 'refreshes', '0')
                            THEN t.pinned_image END
    FROM mine JOIN fresco.tenants t ON t.id = mine.tenant_id
    WHERE $12 = 'succeeded' AND r.tenant_id = mine.tenant_id AND r.generation = $8
      AND r.converged_at IS NULL),
shredded AS (
    DELETE FROM fresco.tenant_secrets s USING seen WHERE s.tenant_id = seen.id AND seen.destroyed_at IS NOT NULL),
event AS (
    INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, data, at)
    SELECT tenant_id, $8, $13::text, $14::text, $15::jsonb, $17 FROM mine WHERE $13::text IS NOT NULL),
released AS (
    UPDATE fresco.tenant_claims c
    SET lease_owner = NULL, lease_until = NULL,
        attempts = CASE WHEN $20 THEN 0 ELSE c.attempts END,
        priority = CASE WHEN seen.dirty THEN 0 ELSE $16::smallint END,
        -- The distance counts, not the time: the worker's clock may be wrong.
        next_at = CASE WHEN seen.destroyed_at IS NOT NULL THEN NULL
                       WHEN seen.dirty THEN now()
                       WHEN $20 THEN least(c.next_at, now() + ($11::timestamptz - $17::timestamptz))
                       ELSE now() + ($11::timestamptz - $17::timestamptz) END
    FROM seen WHERE c.tenant_id = seen.id
    RETURNING c.tenant_id, c.next_at <= now() AS due)
SELECT tenant_id, set_config('synchronous_commit', 'off', true) AS unflushed,
       pg_notify('fresco_news', '') AS news,
       CASE WHEN due THEN pg_notify('fresco_doorbell', '') END AS work
FROM released
