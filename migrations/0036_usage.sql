-- What instances use. The worker counts; the API reads the newest sample of each under its lock, and a history through one
-- function that looks whose it is.
--
-- A history is kept at four resolutions, each made of the finer one and kept for longer. Each is a partition, cut by time again:
-- forgetting is dropping a table, whatever it holds, and costs no vacuum.

CREATE TABLE fresco.usage (
    tenant_id    uuid        NOT NULL,
    -- In seconds.
    resolution   integer     NOT NULL,
    -- When the time began that a row stands for.
    at           timestamptz NOT NULL,
    samples      integer     NOT NULL CHECK (samples > 0),
    -- Cores.
    cpu          real        NOT NULL,
    cpu_peak     real        NOT NULL,
    cpu_limit    real,
    -- Bytes.
    memory       bigint      NOT NULL,
    memory_peak  bigint      NOT NULL,
    memory_limit bigint,
    -- Bytes a second; null where the host does not tell.
    received     real,
    sent         real,
    read         real,
    written      real,
    pids         integer     NOT NULL,
    PRIMARY KEY (tenant_id, resolution, at)
) PARTITION BY LIST (resolution);

-- Rows come in the order of their time: a rollup finds those of a minute without an index entry for each.
CREATE INDEX usage_by_time ON fresco.usage USING brin (at) WITH (pages_per_range = 16);

CREATE TABLE fresco.usage_15 PARTITION OF fresco.usage FOR VALUES IN (15) PARTITION BY RANGE (at);
CREATE TABLE fresco.usage_60 PARTITION OF fresco.usage FOR VALUES IN (60) PARTITION BY RANGE (at);
CREATE TABLE fresco.usage_900 PARTITION OF fresco.usage FOR VALUES IN (900) PARTITION BY RANGE (at);
CREATE TABLE fresco.usage_3600 PARTITION OF fresco.usage FOR VALUES IN (3600) PARTITION BY RANGE (at);

-- Up to when each resolution has been made of the finer one.
CREATE TABLE fresco.usage_rollups (
    resolution integer PRIMARY KEY,
    until      timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON fresco.usage TO fresco_worker;
GRANT SELECT, INSERT, UPDATE ON fresco.usage_rollups TO fresco_worker;

-- Makes the partitions around `moment` that are missing, of `days` days each, and drops those that are older than `keep`.
CREATE FUNCTION fresco.keep_usage(moment timestamptz, resolution integer, days integer, keep interval)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    span  CONSTANT interval := make_interval(days => days);
    first CONSTANT timestamptz := date_bin(span, moment, '2000-01-01 00:00:00+00') - span;
    start timestamptz;
    part  text;
BEGIN
    PERFORM set_config('TimeZone', 'UTC', true), set_config('lock_timeout', '5s', true);
    FOR number IN 0..2 LOOP
        start := first + number * span;
        part := format('usage_%s_%s', resolution, to_char(start, 'YYYYMMDD'));
        IF to_regclass('fresco.' || part) IS NULL THEN
            EXECUTE format('CREATE TABLE fresco.%I PARTITION OF fresco.%I FOR VALUES FROM (%L) TO (%L)',
                part, 'usage_' || resolution, start, start + span);
        END IF;
    END LOOP;
    FOR part IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = to_regclass('fresco.usage_' || resolution)
          AND to_timestamp(split_part(c.relname, '_', 3), 'YYYYMMDD') + span < moment - keep
    LOOP
        EXECUTE format('DROP TABLE fresco.%I', part);
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION fresco.keep_usage TO fresco_worker;

-- The newest sample of each, of those that run. After a crash of PostgreSQL's it is empty until the next sample: unlogged.
CREATE UNLOGGED TABLE fresco.usage_latest (
    tenant_id       uuid PRIMARY KEY,
    organisation_id uuid        NOT NULL,
    at              timestamptz NOT NULL,
    cpu             real        NOT NULL,
    cpu_limit       real,
    memory          bigint      NOT NULL,
    memory_limit    bigint,
    received        real,
    sent            real,
    read            real,
    written         real,
    pids            integer     NOT NULL
);

-- What lasts: close to a limit for a while.
CREATE TABLE fresco.tenant_troubles (
    tenant_id       uuid        NOT NULL REFERENCES fresco.tenants,
    organisation_id uuid        NOT NULL,
    kind            text        NOT NULL,
    since           timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, kind)
);

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['usage_latest', 'tenant_troubles'] LOOP
        EXECUTE format('ALTER TABLE fresco.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON fresco.%I TO CURRENT_USER USING (true)', name);
        EXECUTE format('CREATE POLICY worker ON fresco.%I TO fresco_worker USING (true)', name);
        EXECUTE format('CREATE POLICY api_read ON fresco.%I FOR SELECT TO fresco_api USING (
            organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator()))', name);
        EXECUTE format('GRANT SELECT ON fresco.%I TO fresco_api', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON fresco.%I TO fresco_worker', name);
    END LOOP;
END $$;

-- Who is looked at live: sampled more often until then.
CREATE UNLOGGED TABLE fresco.usage_watches (
    tenant_id uuid PRIMARY KEY,
    until     timestamptz NOT NULL
);
GRANT SELECT, DELETE ON fresco.usage_watches TO fresco_worker;

CREATE FUNCTION fresco.sees_tenant(tenant uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    RETURN EXISTS (SELECT FROM fresco.tenants t WHERE t.id = tenant
        AND (t.organisation_id = fresco.my_organisation() OR fresco.is_operator()));

-- Nobody has others looked at more often.
CREATE FUNCTION fresco.watch_usage(tenant uuid, lasts timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    INSERT INTO fresco.usage_watches AS w (tenant_id, until) SELECT tenant, lasts WHERE fresco.sees_tenant(tenant)
    ON CONFLICT (tenant_id) DO UPDATE SET until = greatest(w.until, lasts);
END;

-- A tenant's history from `since` in `points` steps of so many seconds: a row for each that has any, by its number.
CREATE FUNCTION fresco.usage_points(tenant uuid, fineness integer, since timestamptz, step integer, points integer)
    RETURNS TABLE (number integer, cpu double precision, cpu_peak real, cpu_limit real, memory double precision,
        memory_peak bigint, memory_limit bigint, received double precision, sent double precision,
        read double precision, written double precision, pids integer)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT fresco.sees_tenant(tenant) THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT floor(extract(epoch FROM u.at - since) / step)::integer AS place,
           sum(u.cpu * u.samples) / sum(u.samples), max(u.cpu_peak), max(u.cpu_limit),
           (sum(u.memory * u.samples) / sum(u.samples))::double precision, max(u.memory_peak), max(u.memory_limit),
           (sum(u.received * u.samples) / sum(u.samples) FILTER (WHERE u.received IS NOT NULL))::double precision,
           (sum(u.sent * u.samples) / sum(u.samples) FILTER (WHERE u.sent IS NOT NULL))::double precision,
           (sum(u.read * u.samples) / sum(u.samples) FILTER (WHERE u.read IS NOT NULL))::double precision,
           (sum(u.written * u.samples) / sum(u.samples) FILTER (WHERE u.written IS NOT NULL))::double precision,
           max(u.pids)
      FROM fresco.usage u
     WHERE u.tenant_id = tenant AND u.resolution = fineness
       AND u.at >= since AND u.at < since + make_interval(secs => step::double precision * points)
     GROUP BY place ORDER BY place;
END $$;
GRANT EXECUTE ON FUNCTION fresco.watch_usage, fresco.usage_points TO fresco_api;
