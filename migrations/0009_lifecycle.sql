-- What a tenant has been, so that it can go back; and a destroy in two phases: first nothing but its end is decided, and
-- can be undone; then its objects are removed, and can't be brought back.

ALTER TABLE fresco.tenants
    -- When the objects of a tenant that is being destroyed may be removed (the API's).
    ADD COLUMN destroy_after      timestamptz,
    -- Set before the first step that can't be undone (the worker's, as all below).
    ADD COLUMN removal_started_at timestamptz,
    -- What there was before the removal, and what was found removed after it.
    ADD COLUMN receipt            jsonb CHECK (jsonb_typeof(receipt) = 'object'),
    -- Until then nobody gets a tombstone's name.
    ADD COLUMN quarantine_until   timestamptz,
    -- The serve hash of a change that did not become ready, and why.
    ADD COLUMN rejected           jsonb;

UPDATE fresco.tenants SET destroy_after = updated_at WHERE desired_state = 'destroyed';

ALTER TABLE fresco.tenants
    ADD CHECK ((desired_state = 'destroyed') = (destroy_after IS NOT NULL)),
    -- Nobody undoes a removal that has begun.
    ADD CHECK (removal_started_at IS NULL OR desired_state = 'destroyed'),
    ADD CHECK (quarantine_until IS NULL OR destroyed_at IS NOT NULL);

-- Where a new tenant looks whether its name is free.
CREATE INDEX tenants_in_quarantine ON fresco.tenants (subdomain) WHERE quarantine_until IS NOT NULL;

GRANT UPDATE (destroy_after) ON fresco.tenants TO fresco_api;
GRANT UPDATE (removal_started_at, receipt, quarantine_until, rejected) ON fresco.tenants TO fresco_worker;

-- What was asked for, each time: one row a generation. The worker notes what came of it.
CREATE TABLE fresco.tenant_revisions (
    tenant_id     uuid        NOT NULL REFERENCES fresco.tenants,
    generation    bigint      NOT NULL CHECK (generation > 0),
    desired_state text        NOT NULL CHECK (desired_state IN ('running', 'stopped', 'destroyed')),
    spec          jsonb       NOT NULL CHECK (jsonb_typeof(spec) = 'object'),
    at            timestamptz NOT NULL,
    -- The image it ran, once it did.
    pinned_image  jsonb,
    -- When the tenant was first found to be as it says. A running one has served from then on.
    converged_at  timestamptz,
    PRIMARY KEY (tenant_id, generation)
);

INSERT INTO fresco.tenant_revisions (tenant_id, generation, desired_state, spec, at, pinned_image, converged_at)
SELECT id, generation, desired_state, spec, updated_at,
       CASE WHEN status = 'active' AND generation = observed_generation THEN pinned_image END,
       CASE WHEN status IN ('active', 'stopped') AND generation = observed_generation THEN observed_at END
  FROM fresco.tenants WHERE destroyed_at IS NULL;

GRANT SELECT, INSERT (tenant_id, generation, desired_state, spec, at) ON fresco.tenant_revisions TO fresco_api;
GRANT SELECT, UPDATE (pinned_image, converged_at) ON fresco.tenant_revisions TO fresco_worker;

ALTER TABLE fresco.deployments
    DROP CONSTRAINT deployments_action_check,
    DROP CONSTRAINT deployments_status_check,
    DROP CONSTRAINT deployments_check,
    ADD CONSTRAINT deployments_action_check CHECK (action IN
        ('deploy', 'start', 'stop', 'restart', 'update', 'rollback', 'cancel', 'destroy', 'undo')),
    ADD CONSTRAINT deployments_status_check CHECK (status IN
        ('pending', 'running', 'succeeded', 'failed', 'superseded', 'cancelled')),
    ADD CONSTRAINT deployments_check CHECK ((finished_at IS NOT NULL) = (status NOT IN ('pending', 'running')));
