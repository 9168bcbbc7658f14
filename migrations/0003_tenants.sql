-- A tenant: what should be (written by the API), what was last seen (written by the worker).

CREATE TABLE fresco.tenants (
    id                  uuid PRIMARY KEY,
    organisation_id     uuid        NOT NULL REFERENCES fresco.organisations,
    owner               uuid        NOT NULL REFERENCES fresco.users,
    -- Part of every name the tenant has outside: container, role, database.
    tenant_identifier   text        NOT NULL GENERATED ALWAYS AS (replace(id::text, '-', '')) STORED,
    subdomain           text        NOT NULL CHECK (subdomain ~ '^[a-z][a-z0-9-]{1,61}[a-z0-9]$'),
    metadata            jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,

    -- What should be. Each change counts the generation up.
    desired_state       text        NOT NULL CHECK (desired_state IN ('running', 'stopped', 'destroyed')),
    generation          bigint      NOT NULL DEFAULT 1 CHECK (generation > 0),
    spec                jsonb       NOT NULL CHECK (jsonb_typeof(spec) = 'object'),
    app                 text        NOT NULL GENERATED ALWAYS AS (spec ->> 'app') STORED,
    resource_limits     jsonb       GENERATED ALWAYS AS (nullif(spec -> 'limits', 'null')) STORED,

    -- What was last seen.
    status              text        NOT NULL DEFAULT 'pending' CHECK (status IN
        ('pending', 'provisioning', 'active', 'stopped', 'error', 'destroying', 'destroyed', 'unknown')),
    container_id        text        CHECK (container_id ~ '^[0-9a-f]{64}$'),
    observed            jsonb,
    observed_generation bigint      NOT NULL DEFAULT 0,
    observed_at         timestamptz,
    conditions          jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(conditions) = 'array'),
    pinned_image        jsonb,
    current_step        jsonb,
    step_started_at     timestamptz,
    last_error          jsonb,
    attempt             integer     NOT NULL DEFAULT 0,
    next_attempt_at     timestamptz,
    last_deployed_at    timestamptz,
    destroyed_at        timestamptz,

    CHECK ((current_step IS NULL) = (step_started_at IS NULL)),
    CHECK ((status = 'destroyed') = (destroyed_at IS NOT NULL))
) WITH (fillfactor = 80);  -- room for the frequent updates beside the row

-- A tombstone gives its name free.
CREATE UNIQUE INDEX tenants_subdomain_key ON fresco.tenants (subdomain) WHERE destroyed_at IS NULL;
CREATE INDEX tenants_newest ON fresco.tenants (created_at DESC, id DESC);
CREATE INDEX tenants_of_organisation ON fresco.tenants (organisation_id, created_at DESC, id DESC);

GRANT SELECT,
      INSERT (id, organisation_id, owner, subdomain, metadata, created_at, updated_at, desired_state, spec),
      UPDATE (metadata, updated_at, desired_state, generation, spec)
   ON fresco.tenants TO fresco_api;
GRANT SELECT,
      UPDATE (status, container_id, observed, observed_generation, observed_at, conditions, pinned_image, current_step,
              step_started_at, last_error, attempt, next_attempt_at, last_deployed_at, destroyed_at)
   ON fresco.tenants TO fresco_worker;
