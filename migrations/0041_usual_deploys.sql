-- How long a first deploy of an app takes here, learned from those that succeeded before.

-- The newest are looked for by whoever waits for one.
CREATE INDEX deployments_first ON fresco.deployments (finished_at DESC) WHERE action = 'deploy' AND status = 'succeeded';

-- Of the newest so many first deploys of an app that succeeded, whosever they were, the middle one of each length, in seconds:
-- a row without a step for the whole (`took`: from the wish until it answered), and one for each step, by its word and its
-- words: `took` until the next began, `remained` from its beginning until it answered. Nothing but figures leaves it.
CREATE FUNCTION fresco.usual_deploy(called text, newest integer)
    RETURNS TABLE (step text, words text, runs bigint, took double precision, remained double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH runs AS (
        SELECT d.tenant_id, d.generation, d.created_at, d.finished_at
          FROM fresco.deployments d JOIN fresco.tenants t ON t.id = d.tenant_id
         WHERE d.action = 'deploy' AND d.status = 'succeeded' AND t.spec ->> 'app' = called
         ORDER BY d.finished_at DESC LIMIT newest),
    lines AS (
        SELECT e.tenant_id, e.kind, e.message, e.at, r.finished_at, e.data ->> 'step' = e.kind AS is_step,
               -- What is told with the same time is done at the same time, and ends when what comes after it begins.
               min(e.at) OVER (PARTITION BY e.tenant_id ORDER BY e.at
                               GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS ended_at
          FROM runs r JOIN fresco.tenant_events e ON e.tenant_id = r.tenant_id AND e.generation = r.generation
         WHERE e.at <= r.finished_at),
    -- One that was tried several times counts as it went the last time.
    steps AS (
        SELECT DISTINCT ON (l.tenant_id, l.kind, l.message) l.kind, l.message,
               extract(epoch FROM coalesce(l.ended_at, l.finished_at) - l.at)::double precision AS took,
               extract(epoch FROM l.finished_at - l.at)::double precision AS remained
          FROM lines l WHERE l.is_step
         ORDER BY l.tenant_id, l.kind, l.message, l.at DESC)
    SELECT NULL, NULL, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY
               -- The clocks may be two machines'.
               greatest(0, extract(epoch FROM r.finished_at - r.created_at))::double precision), NULL
      FROM runs r HAVING count(*) > 0
    UNION ALL
    SELECT s.kind, s.message, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY s.took),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY s.remained)
      FROM steps s GROUP BY s.kind, s.message;
END;
GRANT EXECUTE ON FUNCTION fresco.usual_deploy TO fresco_api;
