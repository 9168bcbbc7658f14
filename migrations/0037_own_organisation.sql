-- Whoever ends their account ends the personal organisation that is theirs, and none where they are a guest; and what they have
-- invited others by ends with it. As in 0025 otherwise.
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
                JOIN fresco.memberships m ON m.organisation_id = o.id AND m.user_id = me AND m.role = 'owner'
                WHERE o.personal AND t.destroyed_at IS NULL) THEN
        RETURN 'not_empty';
    END IF;
    UPDATE fresco.api_keys SET revoked_at = at WHERE created_by = me AND revoked_at IS NULL;
    UPDATE fresco.invitations SET revoked_at = at WHERE invited_by = me AND accepted_at IS NULL AND revoked_at IS NULL;
    UPDATE fresco.organisations o SET deleted_at = at, name = 'Deleted'
      FROM fresco.memberships m WHERE m.organisation_id = o.id AND m.user_id = me AND m.role = 'owner' AND o.personal;
    DELETE FROM fresco.memberships WHERE user_id = me;
    DELETE FROM fresco.sessions WHERE user_id = me;
    DELETE FROM fresco.device_codes WHERE approved_by = me;
    DELETE FROM fresco.user_tokens WHERE user_id = me;
    DELETE FROM fresco.totp WHERE user_id = me;
    DELETE FROM fresco.recovery_codes WHERE user_id = me;
    UPDATE fresco.users
       SET email = NULL, name = 'Deleted', password_hash = NULL, email_verified_at = NULL, last_login_at = NULL,
           disabled_at = at, terms_version = NULL, terms_accepted_at = NULL, preferences = '{}', metadata = '{}'
     WHERE id = me;
    RETURN NULL;
END $$;
