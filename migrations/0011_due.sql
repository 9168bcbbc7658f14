-- What is due is found by an index. Reading all claims instead is the faster for a thousand tenants, but its cost grows
-- with their number, and so does how often it is asked: a hundred thousand tenants then take more than a whole core.

-- When somebody should look: when a holder's lease lapses, or when it is due. None for a tombstone.
CREATE INDEX tenant_claims_due ON fresco.tenant_claims (priority, coalesce(lease_until, next_at));
