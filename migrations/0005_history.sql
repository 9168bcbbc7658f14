-- What was asked, what happened, what was released.

CREATE TABLE fresco.deployments (
    id          uuid PRIMARY KEY,
    tenant_id   uuid        NOT NULL REFERENCES fresco.tenants,
    generation  bigint      NOT NULL,
    action      text        NOT NULL CHECK (action IN ('deploy', 'start', 'stop', 'restart', 'update', 'destroy')),
    status      text        NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'running', 'succeeded', 'failed', 'superseded')),
    error       jsonb,
    metadata    jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    created_at  timestamptz NOT NULL,
    started_at  timestamptz,
    finished_at timestamptz,
    UNIQUE (tenant_id, generation),
    CHECK ((finished_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'superseded')))
);
CREATE INDEX deployments_of_tenant ON fresco.deployments (tenant_id, id DESC);
CREATE INDEX deployments_open ON fresco.deployments (tenant_id, generation) WHERE finished_at IS NULL;

-- Read by number after a known one: all who write events of a tenant hold its claim's row lock, so that within one tenant
-- a lower number never appears after a higher one.
CREATE TABLE fresco.tenant_events (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id  uuid        NOT NULL REFERENCES fresco.tenants,
    generation bigint      NOT NULL,
    kind       text        NOT NULL CHECK (length(kind) BETWEEN 1 AND 100),
    message    text        NOT NULL,
    data       jsonb       NOT NULL DEFAULT 'null',
    at         timestamptz NOT NULL
);
CREATE INDEX tenant_events_of_tenant ON fresco.tenant_events (tenant_id, id);

CREATE TABLE fresco.tenant_releases (
    tenant_id    uuid        NOT NULL REFERENCES fresco.tenants,
    number       integer     NOT NULL CHECK (number > 0),
    image_id     text        NOT NULL,
    -- PostgreSQL's own number of the database: a recreated one has another.
    database_oid bigint      NOT NULL CHECK (database_oid BETWEEN 0 AND 4294967295),
    at           timestamptz NOT NULL,
    log          text        NOT NULL CHECK (octet_length(log) <= 65536),
    PRIMARY KEY (tenant_id, number)
);

GRANT SELECT, INSERT (id, tenant_id, generation, action, metadata, created_at) ON fresco.deployments TO fresco_api;
GRANT SELECT, UPDATE (status, error, started_at, finished_at) ON fresco.deployments TO fresco_worker;
GRANT SELECT, INSERT ON fresco.tenant_events TO fresco_api, fresco_worker;
GRANT SELECT ON fresco.tenant_releases TO fresco_api;
GRANT SELECT, INSERT ON fresco.tenant_releases TO fresco_worker;
