-- Whether somebody may have instances made: their address is known to be theirs, and the operator, who may want to know
-- people first, has let them in.

ALTER TABLE fresco.users
    -- Null: they wait for the operator.
    ADD COLUMN approved_at       timestamptz,
    -- When `terms_version` was accepted.
    ADD COLUMN terms_accepted_at timestamptz;
-- Until now nobody had to wait, and terms were accepted with the account.
UPDATE fresco.users SET approved_at = created_at,
                        terms_accepted_at = CASE WHEN terms_version IS NOT NULL THEN created_at END;
ALTER TABLE fresco.users ADD CHECK ((terms_version IS NULL) = (terms_accepted_at IS NULL));

GRANT SELECT (approved_at, terms_accepted_at) ON fresco.users TO fresco_api, fresco_worker;
GRANT INSERT (approved_at, terms_accepted_at), UPDATE (terms_accepted_at) ON fresco.users TO fresco_api;

-- `Standing` in the program. Only the operator has no address; who has deleted their account is shut out.
CREATE FUNCTION fresco.standing(address text, verified_at timestamptz, approved_at timestamptz) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN address IS NULL THEN 'good'
                WHEN verified_at IS NULL THEN 'unverified'
                WHEN approved_at IS NULL THEN 'waiting'
                ELSE 'good' END;

-- Whom a session stands for now, what they are in the organisation that their token names (null where they are no member of
-- it any more), and how they stand with the operator. No row: it has ended, or its owner was shut out.
-- In PL/pgSQL, as what is asked with every request: its plan is kept (0029).
DROP FUNCTION fresco.session_shown(uuid, uuid, timestamptz);
CREATE FUNCTION fresco.session_shown(session uuid, organisation uuid, at timestamptz)
    RETURNS TABLE (user_id uuid, role text, standing text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.user_id, (SELECT m.role FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
                        WHERE m.organisation_id = organisation AND m.user_id = s.user_id AND o.deleted_at IS NULL),
           fresco.standing(u.email, u.email_verified_at, u.approved_at)
      FROM fresco.sessions s JOIN fresco.users u ON u.id = s.user_id
     WHERE s.id = session AND s.revoked_at IS NULL AND s.expires_at > at AND u.disabled_at IS NULL;
END $$;

-- What a key may be shown to be good with, whom it then stands for, and how its maker stands with the operator. No row: it is
-- revoked, its maker is shut out, or whom it acts for is no member any more. An organisation's key has no role but what its
-- scopes make of it.
DROP FUNCTION fresco.api_key_shown(uuid);
CREATE FUNCTION fresco.api_key_shown(key uuid)
    RETURNS TABLE (organisation_id uuid, user_id uuid, created_by uuid, hash bytea, scopes text[], expires_at timestamptz,
                   last_used_at timestamptz, role text, standing text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.organisation_id, k.user_id, k.created_by, k.hash, k.scopes, k.expires_at, k.last_used_at, m.role,
           fresco.standing(u.email, u.email_verified_at, u.approved_at)
      FROM fresco.api_keys k JOIN fresco.organisations o ON o.id = k.organisation_id
      JOIN fresco.users u ON u.id = k.created_by
      LEFT JOIN fresco.memberships m ON m.organisation_id = k.organisation_id AND m.user_id = k.user_id
     WHERE k.id = key AND k.revoked_at IS NULL AND o.deleted_at IS NULL AND u.disabled_at IS NULL
       AND (k.user_id IS NULL OR m.role IS NOT NULL);
END $$;

-- Whom the operator invites to make an account; the letter says so, and needs no token: an account is worth nothing until
-- its address is verified. One an address.
CREATE TABLE fresco.signup_invitations (
    -- In lower case.
    address    text PRIMARY KEY CHECK (length(address) <= 254 AND address = lower(address)),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
ALTER TABLE fresco.signup_invitations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON fresco.signup_invitations TO CURRENT_USER USING (true);
CREATE POLICY api ON fresco.signup_invitations TO fresco_api USING ((SELECT fresco.is_operator()));
GRANT SELECT, INSERT, UPDATE (created_at, expires_at), DELETE ON fresco.signup_invitations TO fresco_api;

-- Who has invited an address, asked before anybody is known: `operator`, `organisation`, or null.
CREATE FUNCTION fresco.invited_by(wanted text, at timestamptz) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT CASE
        WHEN EXISTS (SELECT FROM fresco.signup_invitations s WHERE s.address = lower(wanted) AND s.expires_at > at)
            THEN 'operator'
        WHEN EXISTS (SELECT FROM fresco.invitations i WHERE lower(i.email) = lower(wanted) AND i.accepted_at IS NULL
                        AND i.revoked_at IS NULL AND i.expires_at > at)
            THEN 'organisation'
    END;
END;

-- What the operator alone settles of others' accounts. Each answers whether it has changed anything.
CREATE FUNCTION fresco.approve_user(person uuid, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT fresco.is_operator() THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody but the operator lets people in';
    END IF;
    UPDATE fresco.users SET approved_at = at WHERE id = person AND email IS NOT NULL AND approved_at IS NULL;
    RETURN FOUND;
END $$;

-- Null: lets them in again.
CREATE FUNCTION fresco.disable_user(person uuid, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT fresco.is_operator() THEN
        RAISE insufficient_privilege USING MESSAGE = 'nobody but the operator shuts people out';
    END IF;
    UPDATE fresco.users SET disabled_at = at
     WHERE id = person AND email IS NOT NULL AND (disabled_at IS NULL) <> (at IS NULL);
    RETURN FOUND;
END $$;

-- Notes which terms somebody has accepted, wherever they are.
CREATE FUNCTION fresco.accept_terms(version text, at timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE fresco.users SET terms_version = version, terms_accepted_at = at WHERE id = fresco.my_user();
END $$;

GRANT EXECUTE ON FUNCTION fresco.standing, fresco.session_shown, fresco.api_key_shown, fresco.invited_by,
    fresco.approve_user, fresco.disable_user, fresco.accept_terms TO fresco_api;

-- As before, and when terms were accepted is forgotten with which.
CREATE OR REPLACE FUNCTION fresco.delete_me(at timestamptz) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    me constant uuid := fresco.my_user();
BEGIN
    IF NOT fresco.i_am_alone() THEN
        RAISE insufficient_privilege USING MESSAGE = 'everybody deletes their own account only';
    END IF;
    -- As whoever changes members does.
    PERFORM FROM fresco.organisations o JOIN fresco.memberships m ON m.organisation_id = o.id
      WHERE m.user_id = me ORDER BY o.id FOR UPDATE OF o;
    IF EXISTS (SELECT FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
                WHERE m.user_id = me AND m.role = 'owner' AND NOT o.personal AND o.deleted_at IS NULL
                  AND NOT EXISTS (SELECT FROM fresco.memberships other
                                   WHERE other.organisation_id = o.id AND other.user_id <> me AND other.role = 'owner')) THEN
        RETURN 'last_owner';
    END IF;
    IF EXISTS (SELECT FROM fresco.tenants t JOIN fresco.organisations o ON o.id = t.organisation_id
                JOIN fresco.memberships m ON m.organisation_id = o.id AND m.user_id = me
                WHERE o.personal AND t.destroyed_at IS NULL) THEN
        RETURN 'not_empty';
    END IF;
    UPDATE fresco.api_keys SET revoked_at = at WHERE created_by = me AND revoked_at IS NULL;
    UPDATE fresco.organisations o SET deleted_at = at, name = 'Deleted'
      FROM fresco.memberships m WHERE m.organisation_id = o.id AND m.user_id = me AND o.personal;
    DELETE FROM fresco.memberships WHERE user_id = me;
    DELETE FROM fresco.sessions WHERE user_id = me;
    DELETE FROM fresco.user_tokens WHERE user_id = me;
    DELETE FROM fresco.totp WHERE user_id = me;
    DELETE FROM fresco.recovery_codes WHERE user_id = me;
    UPDATE fresco.users
       SET email = NULL, name = 'Deleted', password_hash = NULL, email_verified_at = NULL, last_login_at = NULL,
           disabled_at = at, terms_version = NULL, terms_accepted_at = NULL, preferences = '{}', metadata = '{}'
     WHERE id = me;
    RETURN NULL;
END $$;
