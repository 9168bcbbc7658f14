-- How many instances and organisations one person has, wherever they are, so that there is a bound to them.

ALTER TABLE fresco.organisations
    -- Who has made it; stays so when it is handed over. Null: it is not known any more.
    ADD COLUMN founder uuid REFERENCES fresco.users;
UPDATE fresco.organisations o SET founder = (SELECT m.user_id FROM fresco.memberships m
    WHERE m.organisation_id = o.id AND m.role = 'owner' ORDER BY m.created_at, m.user_id LIMIT 1);
CREATE INDEX organisations_of_founder ON fresco.organisations (founder) WHERE deleted_at IS NULL;
CREATE INDEX tenants_of_owner ON fresco.tenants (owner) WHERE destroyed_at IS NULL;

-- As before (0015), and who it was is kept.
CREATE OR REPLACE FUNCTION fresco.found_organisation(organisation uuid, called text, is_personal boolean, founder uuid, at timestamptz)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (fresco.is_operator() OR (fresco.i_am_alone() AND founder = fresco.my_user())) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody founds an organisation for others';
    END IF;
    INSERT INTO fresco.organisations (id, name, personal, founder, created_at)
    VALUES (organisation, called, is_personal, founder, at);
    INSERT INTO fresco.memberships (organisation_id, user_id, role, created_at)
    VALUES (organisation, founder, 'owner', at);
END $$;

-- Both functions below hold the person's row until the transaction ends, so that of two who count at once the second counts
-- what the first has made. Each of their statements sees what was committed when it begins, so the count comes after the lock.

-- Instances that somebody has had made, wherever that was, and those of the organisations they own. One that is to be destroyed
-- doesn't count.
CREATE FUNCTION fresco.instances_of(person uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT fresco.i_am('member') THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody counts instances who may make none';
    END IF;
    PERFORM FROM fresco.users u WHERE u.id = person FOR NO KEY UPDATE;
    RETURN (SELECT count(*) FROM fresco.tenants t
             WHERE t.desired_state <> 'destroyed'
               AND t.id IN (SELECT mine.id FROM fresco.tenants mine
                             WHERE mine.owner = person AND mine.destroyed_at IS NULL
                            UNION ALL
                            SELECT ours.id FROM fresco.tenants ours
                              JOIN fresco.memberships m ON m.organisation_id = ours.organisation_id
                             WHERE m.user_id = person AND m.role = 'owner' AND ours.destroyed_at IS NULL));
END $$;

-- Organisations that somebody has made or owns, but for their own.
CREATE FUNCTION fresco.organisations_of(person uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (fresco.is_operator() OR (fresco.i_am_alone() AND person = fresco.my_user())) THEN
        RAISE insufficient_privilege USING MESSAGE = 'everybody counts their own organisations only';
    END IF;
    PERFORM FROM fresco.users u WHERE u.id = person FOR NO KEY UPDATE;
    RETURN (SELECT count(*) FROM fresco.organisations o
             WHERE NOT o.personal AND o.deleted_at IS NULL
               AND (o.founder = person
                    OR EXISTS (SELECT FROM fresco.memberships m
                                WHERE m.organisation_id = o.id AND m.user_id = person AND m.role = 'owner')));
END $$;

GRANT EXECUTE ON FUNCTION fresco.instances_of, fresco.organisations_of TO fresco_api;
