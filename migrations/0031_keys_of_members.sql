-- A key is let no further than whoever has made it: an organisation's too, which has outlived its maker's membership until now.

-- What a key may be shown to be good with, whom it then stands for, and what its maker is in the organisation and to the
-- operator. No row: it is revoked, or its maker is shut out or no member any more. The operator (who has no address) is a
-- member of none, and has made keys of organisations only; their `role` is null.
CREATE OR REPLACE FUNCTION fresco.api_key_shown(key uuid)
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
      LEFT JOIN fresco.memberships m ON m.organisation_id = k.organisation_id AND m.user_id = k.created_by
     WHERE k.id = key AND k.revoked_at IS NULL AND o.deleted_at IS NULL AND u.disabled_at IS NULL
       AND (m.role IS NOT NULL OR u.email IS NULL);
END $$;

-- Those whose makers have left don't come alive again should they come back.
UPDATE fresco.api_keys k SET revoked_at = now()
  FROM fresco.users u
 WHERE u.id = k.created_by AND u.email IS NOT NULL AND k.revoked_at IS NULL
   AND NOT EXISTS (SELECT FROM fresco.memberships m
                    WHERE m.organisation_id = k.organisation_id AND m.user_id = k.created_by);

-- Ends the keys that somebody has made in the caller's organisation, also those of the organisation itself. Whoever leaves ends
-- their own, whatever they are by then; admins end everybody's.
CREATE FUNCTION fresco.end_keys_of(organisation uuid, maker uuid, at timestamptz) RETURNS TABLE (id uuid, name text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT (fresco.is_operator() OR (organisation = fresco.my_organisation()
                                     AND (maker = fresco.my_user() OR fresco.i_am('admin')))) THEN
        RAISE insufficient_privilege USING MESSAGE = 'everybody ends their own keys only';
    END IF;
    RETURN QUERY
    UPDATE fresco.api_keys k SET revoked_at = at
     WHERE k.organisation_id = organisation AND k.created_by = maker AND k.revoked_at IS NULL RETURNING k.id, k.name;
END $$;
GRANT EXECUTE ON FUNCTION fresco.end_keys_of TO fresco_api;
