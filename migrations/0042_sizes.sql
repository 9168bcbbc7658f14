-- What a tenant keeps on disk, and so what goes with it: measured by the worker now and then, a part at a time. A part that could
-- not be measured stays as it was, with its time.

CREATE TABLE fresco.tenant_sizes (
    tenant_id      uuid PRIMARY KEY REFERENCES fresco.tenants,
    -- When somebody last tried.
    looked_at      timestamptz NOT NULL,
    database_bytes bigint CHECK (database_bytes >= 0),
    database_at    timestamptz,
    log_bytes      bigint CHECK (log_bytes >= 0),
    log_at         timestamptz,
    dump_bytes     bigint CHECK (dump_bytes >= 0),
    dump_at        timestamptz,
    CHECK ((database_bytes IS NULL) = (database_at IS NULL)),
    CHECK ((log_bytes IS NULL) = (log_at IS NULL)),
    CHECK ((dump_bytes IS NULL) = (dump_at IS NULL))
);
ALTER TABLE fresco.tenant_sizes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON fresco.tenant_sizes TO CURRENT_USER USING (true);
CREATE POLICY worker ON fresco.tenant_sizes TO fresco_worker USING (true);
CREATE POLICY api_read ON fresco.tenant_sizes FOR SELECT TO fresco_api
    USING (EXISTS (SELECT FROM fresco.tenants t WHERE t.id = tenant_id));

GRANT SELECT ON fresco.tenant_sizes TO fresco_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON fresco.tenant_sizes TO fresco_worker;
