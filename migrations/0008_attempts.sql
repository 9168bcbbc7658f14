-- What people ask for begins with a clean slate: the back-off of what failed before is not theirs.

CREATE OR REPLACE FUNCTION fresco.ring(tenants uuid[], asked smallint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    -- In one order, so that two who ring for several don't deadlock.
    PERFORM 1 FROM fresco.tenant_claims WHERE tenant_id = ANY (tenants) ORDER BY tenant_id FOR UPDATE;
    UPDATE fresco.tenant_claims c
       SET next_at = least(c.next_at, now()), priority = least(c.priority, asked),
           attempts = CASE WHEN asked = 0 THEN 0 ELSE c.attempts END
      FROM fresco.tenants t
     WHERE c.tenant_id = ANY (tenants) AND t.id = c.tenant_id AND t.destroyed_at IS NULL
       AND (asked = 0 OR c.attempts = 0 OR c.lease_owner IS NOT NULL);
    PERFORM pg_notify('fresco_doorbell', '');
END $$;
