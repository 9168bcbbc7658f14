-- Who works on which tenant, and which tenant is due. One row a tenant, locked before the tenant's own row by everybody
-- who needs both: so writers never deadlock, and the events of one tenant get their numbers in the order they commit.
--
-- A lease alone is not exclusive (its holder may be paused and wake up later): every write of a holder names its epoch,
-- which counts up with each claim.

CREATE TABLE fresco.tenant_claims (
    tenant_id   uuid PRIMARY KEY REFERENCES fresco.tenants,
    -- When it is due; null: held, and nobody asked again meanwhile, or a tombstone.
    next_at     timestamptz DEFAULT now(),
    -- 0: people wait for it. 1: background.
    priority    smallint NOT NULL DEFAULT 0 CHECK (priority IN (0, 1)),
    lease_owner uuid,
    lease_until timestamptz,
    epoch       bigint   NOT NULL DEFAULT 0,
    -- Claims since the last success, counted at the claim: a tenant that kills its worker counts too.
    attempts    integer  NOT NULL DEFAULT 0,
    -- The generation the holder has read: an older one than the tenant's means that people changed their mind.
    taken       bigint   NOT NULL DEFAULT 0,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) WITH (fillfactor = 50);
-- No index on next_at: it changes with every claim, and would cost each of them more than reading a thousand rows does.

GRANT INSERT (tenant_id) ON fresco.tenant_claims TO fresco_api;
GRANT SELECT, UPDATE ON fresco.tenant_claims TO fresco_worker;

-- Makes tenants due now, and wakes the workers. Background work doesn't cut a back-off short: else the events that a
-- failing tenant's own container makes would keep it busy for ever.
CREATE FUNCTION fresco.ring(tenants uuid[], asked smallint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- In one order, so that two who ring for several don't deadlock.
    PERFORM 1 FROM fresco.tenant_claims WHERE tenant_id = ANY (tenants) ORDER BY tenant_id FOR UPDATE;
    UPDATE fresco.tenant_claims c
       SET next_at = least(c.next_at, now()), priority = least(c.priority, asked)
      FROM fresco.tenants t
     WHERE c.tenant_id = ANY (tenants) AND t.id = c.tenant_id AND t.destroyed_at IS NULL
       AND (asked = 0 OR c.attempts = 0 OR c.lease_owner IS NOT NULL);
    PERFORM pg_notify('fresco_doorbell', '');
END $$;
GRANT EXECUTE ON FUNCTION fresco.ring TO fresco_api, fresco_worker;
