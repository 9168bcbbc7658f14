-- The second lock. The program asks for an organisation's rows by the organisation (the first); here the database looks
-- itself, by what the transaction was told when it began, whether a row is one that its caller may see or change. A
-- statement that forgets to ask, or that somebody forged, finds nothing of others.
--
--   fresco.organisation  where the caller is        fresco.role      what they are there
--   fresco."user"        who they are               fresco.operator  `on`: the operator, who sees all
--   fresco.visit         the tenant at whose gate they stand
--
-- Each is set for one transaction, by `Store::begin_as` alone; where none is set, nothing is seen. They bind the role
-- `fresco_api`. The worker works for all, and so do the functions at the end, which run as the schema's owner: each of
-- them answers one narrow question, or looks at the settings itself.
--
-- To add a table of an organisation's: ENABLE and FORCE row-level security, the policies `owner` and `worker` as below, and
-- those for fresco_api. A test names every table that has none, with the reason.

CREATE FUNCTION fresco.my_organisation() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('fresco.organisation', true), '')::uuid;
CREATE FUNCTION fresco.my_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('fresco.user', true), '')::uuid;
CREATE FUNCTION fresco.my_visit() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('fresco.visit', true), '')::uuid;
CREATE FUNCTION fresco.is_operator() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(current_setting('fresco.operator', true) = 'on', false);

-- As `Role` in the program orders them; null for what is none.
CREATE FUNCTION fresco.rank(role text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_position(ARRAY['viewer', 'member', 'manager', 'admin', 'owner'], role);
CREATE FUNCTION fresco.i_am(lowest text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN fresco.is_operator() OR coalesce(
        fresco.rank(nullif(current_setting('fresco.role', true), '')) >= fresco.rank(lowest), false);
-- Nobody makes anybody more than they are, or takes more than that from them.
CREATE FUNCTION fresco.i_grant(role text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN fresco.i_am('admin') AND fresco.i_am(role);
-- Those who are nowhere in particular see to their own things.
CREATE FUNCTION fresco.i_am_alone() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN fresco.my_user() IS NOT NULL AND fresco.my_organisation() IS NULL;

GRANT EXECUTE ON FUNCTION fresco.my_organisation, fresco.my_user, fresco.my_visit, fresco.is_operator, fresco.rank,
    fresco.i_am, fresco.i_grant, fresco.i_am_alone TO fresco_api;

-- A setting in a policy is asked for in a subquery of its own: once a statement, not once a row.

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['organisations', 'users', 'memberships', 'invitations', 'api_keys', 'tenants',
        'tenant_claims', 'tenant_secrets', 'tenant_events', 'tenant_releases', 'tenant_revisions', 'tenant_first_runs',
        'tenant_gate_keys', 'tenant_probes', 'deployments']
    LOOP
        EXECUTE format('ALTER TABLE fresco.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY owner ON fresco.%I TO CURRENT_USER USING (true)', name);
        EXECUTE format('CREATE POLICY worker ON fresco.%I TO fresco_worker USING (true)', name);
    END LOOP;
END $$;

-- People and organisations.

CREATE POLICY api_read ON fresco.memberships FOR SELECT TO fresco_api USING (
    organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())
    OR (user_id = (SELECT fresco.my_user()) AND (SELECT fresco.i_am_alone())));
CREATE POLICY api_add ON fresco.memberships FOR INSERT TO fresco_api WITH CHECK (
    fresco.i_grant(role) AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));
CREATE POLICY api_change ON fresco.memberships FOR UPDATE TO fresco_api USING (
    fresco.i_grant(role) AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));
CREATE POLICY api_remove ON fresco.memberships FOR DELETE TO fresco_api USING (
    (fresco.i_grant(role) OR user_id = (SELECT fresco.my_user()))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));

-- Whoever's membership is seen is seen.
CREATE POLICY api_read ON fresco.organisations FOR SELECT TO fresco_api USING (
    id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())
    OR EXISTS (SELECT FROM fresco.memberships m WHERE m.organisation_id = organisations.id));
CREATE POLICY api_change ON fresco.organisations FOR UPDATE TO fresco_api USING (
    (SELECT fresco.i_am('admin')) AND (id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));

CREATE POLICY api_read ON fresco.users FOR SELECT TO fresco_api USING (
    id = (SELECT fresco.my_user()) OR (SELECT fresco.is_operator())
    OR EXISTS (SELECT FROM fresco.memberships m WHERE m.user_id = users.id));
CREATE POLICY api_add ON fresco.users FOR INSERT TO fresco_api WITH CHECK (
    (SELECT fresco.is_operator()) OR (id = (SELECT fresco.my_user()) AND (SELECT fresco.i_am_alone())));
CREATE POLICY api_change ON fresco.users FOR UPDATE TO fresco_api USING (
    (SELECT fresco.is_operator()) OR (id = (SELECT fresco.my_user()) AND (SELECT fresco.i_am_alone())));

CREATE POLICY api_read ON fresco.invitations FOR SELECT TO fresco_api USING (
    (SELECT fresco.i_am('admin'))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));
CREATE POLICY api_add ON fresco.invitations FOR INSERT TO fresco_api WITH CHECK (
    fresco.i_grant(role) AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));
CREATE POLICY api_change ON fresco.invitations FOR UPDATE TO fresco_api USING (
    (SELECT fresco.i_am('admin'))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));

CREATE POLICY api_read ON fresco.api_keys FOR SELECT TO fresco_api USING (
    ((SELECT fresco.i_am('admin')) OR user_id = (SELECT fresco.my_user()))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));
CREATE POLICY api_add ON fresco.api_keys FOR INSERT TO fresco_api WITH CHECK (
    (user_id = (SELECT fresco.my_user()) OR (user_id IS NULL AND (SELECT fresco.i_am('admin'))))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));
CREATE POLICY api_change ON fresco.api_keys FOR UPDATE TO fresco_api USING (
    ((SELECT fresco.i_am('admin')) OR user_id = (SELECT fresco.my_user()))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));

-- Tenants.

CREATE POLICY api_read ON fresco.tenants FOR SELECT TO fresco_api USING (
    organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())
    OR id = (SELECT fresco.my_visit()));
CREATE POLICY api_add ON fresco.tenants FOR INSERT TO fresco_api WITH CHECK (
    (SELECT fresco.i_am('member'))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));
CREATE POLICY api_change ON fresco.tenants FOR UPDATE TO fresco_api USING (
    (SELECT fresco.i_am('member'))
    AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())));

-- What belongs to a tenant is seen with it, and written by those who may change it; at its gate a visitor writes what lets
-- them through, and a line of its history.
DO $$
DECLARE
    name     text;
    of_mine  constant text := 'EXISTS (SELECT FROM fresco.tenants t WHERE t.id = tenant_id)';
    writer   text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tenant_claims', 'tenant_secrets', 'tenant_events', 'tenant_releases', 'tenant_revisions',
        'tenant_first_runs', 'tenant_gate_keys', 'tenant_probes', 'deployments']
    LOOP
        writer := '(SELECT fresco.i_am(''member''))';
        IF name IN ('tenant_gate_keys', 'tenant_events') THEN
            writer := format('(%s OR tenant_id = (SELECT fresco.my_visit()))', writer);
        END IF;
        EXECUTE format('CREATE POLICY api_read ON fresco.%I FOR SELECT TO fresco_api USING (%s)', name, of_mine);
        EXECUTE format('CREATE POLICY api_add ON fresco.%I FOR INSERT TO fresco_api WITH CHECK (%s AND %s)',
                       name, writer, of_mine);
        EXECUTE format('CREATE POLICY api_change ON fresco.%I FOR UPDATE TO fresco_api USING (%s AND %s)',
                       name, writer, of_mine);
        EXECUTE format('CREATE POLICY api_remove ON fresco.%I FOR DELETE TO fresco_api USING (%s AND %s)',
                       name, writer, of_mine);
    END LOOP;
END $$;

-- What must be found before anybody is known, or seen by those who may not see the rest: a narrow question each.

-- Rings for those that the caller may change, or at whose gate they stand; the others are not there. The worker's for all.
CREATE OR REPLACE FUNCTION fresco.ring(tenants uuid[], asked smallint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mine uuid[] := tenants;
BEGIN
    IF NOT pg_has_role(session_user, 'fresco_worker', 'USAGE') THEN
        mine := ARRAY(SELECT t.id FROM fresco.tenants t
                       WHERE t.id = ANY (tenants)
                         AND (t.id = fresco.my_visit()
                              OR (fresco.i_am('member')
                                  AND (t.organisation_id = fresco.my_organisation() OR fresco.is_operator()))));
    END IF;
    -- In one order, so that two who ring for several don't deadlock.
    PERFORM 1 FROM fresco.tenant_claims WHERE tenant_id = ANY (mine) ORDER BY tenant_id FOR UPDATE;
    UPDATE fresco.tenant_claims c
       SET next_at = least(c.next_at, now()), priority = least(c.priority, asked),
           attempts = CASE WHEN asked = 0 THEN 0 ELSE c.attempts END
      FROM fresco.tenants t
     WHERE c.tenant_id = ANY (mine) AND t.id = c.tenant_id AND t.destroyed_at IS NULL
       AND (asked = 0 OR c.attempts = 0 OR c.lease_owner IS NOT NULL);
    PERFORM pg_notify('fresco_doorbell', '');
END $$;

-- Who has a name, or had it last.
CREATE FUNCTION fresco.tenant_named(name text) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT t.id FROM fresco.tenants t WHERE t.subdomain = name ORDER BY t.destroyed_at DESC NULLS FIRST LIMIT 1;
END;

-- Why nobody gets a name at present: until when it rests, or null if it is taken. No row: it is free.
CREATE FUNCTION fresco.name_refused(name text, at timestamptz) RETURNS TABLE (until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT t.quarantine_until FROM fresco.tenants t
     WHERE t.subdomain = name AND (t.destroyed_at IS NULL OR t.quarantine_until > at)
     ORDER BY t.destroyed_at DESC NULLS FIRST LIMIT 1;
END;

-- Which of these tenants' rows are others than before, for those who wait for them.
CREATE FUNCTION fresco.row_versions(tenants uuid[]) RETURNS TABLE (id uuid, version bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT t.id, t.xmin::text::bigint FROM fresco.tenants t WHERE t.id = ANY (tenants);
END;

-- Makes an organisation with its first owner: themselves, unless the operator makes it.
CREATE FUNCTION fresco.found_organisation(organisation uuid, called text, is_personal boolean, founder uuid, at timestamptz)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (fresco.is_operator() OR (fresco.i_am_alone() AND founder = fresco.my_user())) THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody founds an organisation for others';
    END IF;
    INSERT INTO fresco.organisations (id, name, personal, created_at) VALUES (organisation, called, is_personal, at);
    INSERT INTO fresco.memberships (organisation_id, user_id, role, created_at)
    VALUES (organisation, founder, 'owner', at);
END $$;

-- Whether the caller's organisation is there, and stays as it is until the transaction ends: held by all who change its
-- members, so that they come one after the other.
CREATE FUNCTION fresco.lock_organisation(organisation uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM fresco.organisations o
      WHERE o.id = organisation AND o.deleted_at IS NULL
        AND (o.id = fresco.my_organisation() OR fresco.is_operator()) FOR UPDATE;
    RETURN FOUND;
END $$;

-- The same for those who only need it not to go meanwhile; they don't wait for one another.
CREATE FUNCTION fresco.hold_organisation(organisation uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM fresco.organisations o
      WHERE o.id = organisation AND o.deleted_at IS NULL
        AND (o.id = fresco.my_organisation() OR fresco.is_operator()) FOR KEY SHARE;
    RETURN FOUND;
END $$;

-- Makes the caller a member by an invitation that is good, once, and theirs: their address is the one it was sent to, and
-- they have shown that they read what is sent there. No row: it is not. Who is a member stays what they are.
CREATE FUNCTION fresco.accept_invitation(token_hash bytea, at timestamptz)
    RETURNS TABLE (organisation uuid, as_role text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    invitation fresco.invitations;
BEGIN
    SELECT i.* INTO invitation
      FROM fresco.invitations i JOIN fresco.users u ON lower(u.email) = lower(i.email)
     WHERE i.hash = token_hash AND u.id = fresco.my_user() AND u.email_verified_at IS NOT NULL AND u.disabled_at IS NULL;
    PERFORM FROM fresco.organisations o
      WHERE o.id = invitation.organisation_id AND o.deleted_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE fresco.invitations i SET accepted_at = at, accepted_by = fresco.my_user()
     WHERE i.id = invitation.id AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > at;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO fresco.memberships (organisation_id, user_id, role, created_at)
    VALUES (invitation.organisation_id, fresco.my_user(), invitation.role, at) ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT m.organisation_id, m.role FROM fresco.memberships m
                  WHERE m.organisation_id = invitation.organisation_id AND m.user_id = fresco.my_user();
END $$;

-- Who signs in with an address.
CREATE FUNCTION fresco.user_by_email(address text)
    RETURNS TABLE (id uuid, email text, name text, password_hash text, email_verified_at timestamptz, disabled_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT u.id, u.email, u.name, u.password_hash, u.email_verified_at, u.disabled_at
      FROM fresco.users u WHERE lower(u.email) = lower(address);
END;

-- One's own, to be compared before it is changed.
CREATE FUNCTION fresco.my_password_hash() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT u.password_hash FROM fresco.users u WHERE u.id = fresco.my_user();
END;

-- What a key may be shown to be good with, and whom it then stands for. No row: it is revoked, or whom it acts for is no
-- member any more. An organisation's key has no role but what its scopes make of it.
CREATE FUNCTION fresco.api_key_shown(key uuid)
    RETURNS TABLE (organisation_id uuid, user_id uuid, created_by uuid, hash bytea, scopes text[], expires_at timestamptz,
                   last_used_at timestamptz, role text)
    LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT k.organisation_id, k.user_id, k.created_by, k.hash, k.scopes, k.expires_at, k.last_used_at, m.role
      FROM fresco.api_keys k JOIN fresco.organisations o ON o.id = k.organisation_id
      LEFT JOIN fresco.users u ON u.id = k.user_id
      LEFT JOIN fresco.memberships m ON m.organisation_id = k.organisation_id AND m.user_id = k.user_id
     WHERE k.id = key AND k.revoked_at IS NULL AND o.deleted_at IS NULL
       AND (k.user_id IS NULL OR (m.role IS NOT NULL AND u.disabled_at IS NULL));
END;

CREATE FUNCTION fresco.touch_api_key(key uuid, at timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
    UPDATE fresco.api_keys SET last_used_at = at
     WHERE id = key AND (last_used_at IS NULL OR last_used_at < at - interval '1 minute');
END;

GRANT EXECUTE ON FUNCTION fresco.tenant_named, fresco.name_refused, fresco.row_versions, fresco.found_organisation,
    fresco.lock_organisation, fresco.hold_organisation, fresco.accept_invitation, fresco.user_by_email,
    fresco.my_password_hash, fresco.api_key_shown, fresco.touch_api_key TO fresco_api;
