-- Who may do what, from the first migration on. The roles and the schema `fresco` are made beforehand by a superuser
-- (`frescod bootstrap-sql` prints what to run); migrations run as the schema's owner.
--
--   fresco_api     the web side: writes what should be, reads what is; no secret, no lease, no observed column
--   fresco_worker  the reconciler: claims, observes, opens secrets; never writes what should be
--
-- Every grant names its columns where the whole table would be too much. Nothing is granted to PUBLIC.

GRANT USAGE ON SCHEMA fresco TO fresco_api, fresco_worker;

-- Functions are executable by everybody unless told otherwise.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
