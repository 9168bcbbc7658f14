-- Older data brought back. The wish stands in the spec; here stands how far the newest that was begun has come, written
-- down before anything is touched. What was released on the data that are gone with it counts no more.

ALTER TABLE fresco.tenants ADD COLUMN restoration jsonb;
GRANT UPDATE (restoration) ON fresco.tenants TO fresco_worker;

-- When data from before this release were brought back; its number is never given again.
ALTER TABLE fresco.tenant_releases ADD COLUMN undone_at timestamptz;
GRANT UPDATE (undone_at) ON fresco.tenant_releases TO fresco_worker;

-- The newest release when it was first so: what came later is what going back to it goes over.
ALTER TABLE fresco.tenant_revisions ADD COLUMN released integer;
GRANT UPDATE (released) ON fresco.tenant_revisions TO fresco_worker;
UPDATE fresco.tenant_revisions r
SET released = (SELECT coalesce(max(l.number), 0) FROM fresco.tenant_releases l
                WHERE l.tenant_id = r.tenant_id AND l.at <= r.converged_at)
WHERE converged_at IS NOT NULL;
