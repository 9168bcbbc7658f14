-- The hostile probe: asked for by people or after a deploy, run by a worker, its newest report kept. Asking counts up; what
-- has been asked and not answered is due. A lease keeps two workers from probing one tenant at once.

CREATE TABLE fresco.tenant_probes (
    tenant_id   uuid PRIMARY KEY REFERENCES fresco.tenants,
    asked       bigint      NOT NULL DEFAULT 1 CHECK (asked > 0),
    asked_at    timestamptz NOT NULL,
    -- The last one that was asked when the answer's probe began.
    answered    bigint      NOT NULL DEFAULT 0 CHECK (answered BETWEEN 0 AND asked),
    answered_at timestamptz,
    -- What was found, or why nothing could be.
    report      jsonb,
    failure     text,
    lease_owner uuid,
    lease_until timestamptz,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK ((answered = 0) = (answered_at IS NULL)),
    CHECK ((answered = 0) = (report IS NULL AND failure IS NULL))
);

GRANT SELECT, INSERT (tenant_id, asked_at), UPDATE (asked, asked_at) ON fresco.tenant_probes TO fresco_api;
GRANT SELECT, INSERT, UPDATE ON fresco.tenant_probes TO fresco_worker;
