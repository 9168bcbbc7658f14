-- What people may see of what is kept of them, wherever they have left it; and what nobody needs any more may go.

-- Admins read their organisation's; everybody what they have done themselves, in whichever, and what was done to their own
-- account.
DROP POLICY api_read ON fresco.audit_log;
CREATE POLICY api_read ON fresco.audit_log FOR SELECT TO fresco_api USING (
    (SELECT fresco.is_operator())
    OR (organisation_id = (SELECT fresco.my_organisation()) AND (SELECT fresco.i_am('admin')))
    OR ((SELECT fresco.i_am_alone())
        AND ((actor_kind = 'user' AND actor_id = (SELECT fresco.my_user()))
             OR (organisation_id IS NULL AND target_kind = 'user' AND target_id = (SELECT fresco.my_user())))));

-- Admins read all of their organisation's, others their own; everybody those that they have made, in whichever.
DROP POLICY api_read ON fresco.api_keys;
CREATE POLICY api_read ON fresco.api_keys FOR SELECT TO fresco_api USING (
    (((SELECT fresco.i_am('admin')) OR user_id = (SELECT fresco.my_user()))
     AND (organisation_id = (SELECT fresco.my_organisation()) OR (SELECT fresco.is_operator())))
    OR (created_by = (SELECT fresco.my_user()) AND (SELECT fresco.i_am_alone())));

-- Used ones stayed as long as their session, and one that is remembered may go on for ever.
GRANT DELETE ON fresco.refresh_tokens TO fresco_api;
