-- Whoever leaves it to the platform which image an instance has is looked for by period, among all.
CREATE INDEX tenants_following ON fresco.tenants (app) WHERE spec ->> 'image_policy' = 'automatic';
