-- Letters that their readers may do without, and those that tell of an instance's first moment.

-- Whether whoever has this address wants no letters of this kind. An address without an account has said nothing.
CREATE FUNCTION fresco.letter_unwanted(address text, letter text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT coalesce((SELECT u.preferences -> 'letters' -> letter = 'false'::jsonb
                       FROM fresco.users u WHERE lower(u.email) = lower(address)), false);
END;
GRANT EXECUTE ON FUNCTION fresco.letter_unwanted TO fresco_api;

-- When its owner was told that it runs for the first time, or would have been: once.
ALTER TABLE fresco.tenants ADD COLUMN ready_told_at timestamptz;
UPDATE fresco.tenants SET ready_told_at = now() WHERE last_deployed_at IS NOT NULL OR destroyed_at IS NOT NULL;
CREATE INDEX tenants_not_told ON fresco.tenants (id) WHERE ready_told_at IS NULL AND destroyed_at IS NULL;
GRANT UPDATE (ready_told_at) ON fresco.tenants TO fresco_api;
