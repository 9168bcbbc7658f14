-- The log of a release is kept with the tenant's other lines by now.
ALTER TABLE fresco.tenant_releases DROP COLUMN log;
