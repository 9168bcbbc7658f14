//! What differs from what should be, by somebody's hand or by a crash: it shows, and is mended or refused.

use domain::app::Isolation;
use provisioner::database::{TenantDatabase, database_name, role_name};

use crate::support::{SHARED, Server, new_tenant, on_every_version, spec};

/// Who changes something behind our back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Superuser,
    Tenant,
}
use Who::{Superuser, Tenant};

/// `$role` and `$name` stand for the tenant's.
const MENDED: &[(Isolation, Who, &str)] = &[
    (Isolation::Database, Superuser, "ALTER ROLE $role CREATEDB"),
    (Isolation::Database, Superuser, "ALTER ROLE $role CONNECTION LIMIT 99"),
    (Isolation::Database, Superuser, "ALTER ROLE $role NOLOGIN"),
    (Isolation::Database, Superuser, "ALTER ROLE $role NOINHERIT"),
    (Isolation::Database, Superuser, "ALTER ROLE $role VALID UNTIL '2001-01-01'"),
    (Isolation::Database, Superuser, "COMMENT ON ROLE $role IS 'hello'"),
    (Isolation::Database, Tenant, "ALTER ROLE $role SET statement_timeout = 0"),
    (Isolation::Database, Tenant, "ALTER ROLE $role RESET ALL"),
    (Isolation::Database, Tenant, "GRANT CONNECT ON DATABASE $name TO PUBLIC"),
    (Isolation::Database, Tenant, "ALTER DATABASE $name CONNECTION LIMIT 1"),
    (Isolation::Database, Tenant, "ALTER DATABASE $name IS_TEMPLATE true"),
    (Isolation::Database, Superuser, "ALTER DATABASE $name ALLOW_CONNECTIONS false"),
    (Isolation::Schema, Tenant, "GRANT USAGE ON SCHEMA $name TO PUBLIC"),
    (Isolation::Schema, Tenant, "ALTER ROLE $role IN DATABASE fresco_shared SET search_path = public"),
    (Isolation::Schema, Tenant, "ALTER ROLE $role IN DATABASE fresco_shared RESET ALL"),
    (Isolation::Schema, Superuser, "SET ROLE fresco_admin; REVOKE fresco_shared_tenants FROM $role"),
];

/// What a superuser did, the admin role can't undo: it is told, once and for all.
const REFUSED: &[(Isolation, &str)] = &[
    (Isolation::Database, "ALTER ROLE $role REPLICATION"),
    (Isolation::Database, "ALTER ROLE $role SUPERUSER"),
    (Isolation::Database, "ALTER DATABASE $name OWNER TO postgres"),
    (Isolation::Schema, "ALTER SCHEMA $name OWNER TO postgres"),
];

async fn drift_shows_and_is_mended(server: &Server) {
    for (isolation, who, sql) in MENDED {
        let tenant = server.deploy(*isolation).await;
        assert_eq!(server.conformity(tenant, *isolation).await, (Some(true), Some(true)));
        let sql = sql.replace("$role", &role_name(tenant)).replace("$name", &database_name(tenant));
        let session = match who {
            Superuser => server.superuser(SHARED).await,
            Tenant => server.tenant(tenant, *isolation).await,
        };
        let before = server.fingerprint(tenant).await;
        assert_eq!(server.fingerprint(tenant).await, before, "nothing was altered");
        session.run(&sql).await;
        drop(session);
        assert_ne!(server.fingerprint(tenant).await, before, "unseen from afar: {sql}");
        let (role, database) = server.conformity(tenant, *isolation).await;
        assert!(role == Some(false) || database == Some(false), "unseen: {sql}");
        server.mend(tenant, *isolation).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(server.conformity(tenant, *isolation).await, (Some(true), Some(true)), "{sql}");
        server.tenant(tenant, *isolation).await.run("SELECT 1").await;
        server.remove(tenant, *isolation).await;
    }
}
on_every_version!(drift_shows_and_is_mended);

async fn what_only_a_superuser_can_mend_is_refused(server: &Server) {
    for (isolation, sql) in REFUSED {
        let tenant = server.deploy(*isolation).await;
        let sql = sql.replace("$role", &role_name(tenant)).replace("$name", &database_name(tenant));
        server.superuser(SHARED).await.run(&sql).await;
        let (role, database) = server.conformity(tenant, *isolation).await;
        assert!(role == Some(false) || database == Some(false), "unseen: {sql}");
        let error = server.mend(tenant, *isolation).await.expect_err(&sql);
        assert!(error.is_permanent(), "{sql}: {error}");
    }
}
on_every_version!(what_only_a_superuser_can_mend_is_refused);

async fn what_a_crash_left_half_made_is_made_whole(server: &Server) {
    let tenant = new_tenant();
    let (role, name) = (role_name(tenant), database_name(tenant));
    let admin = server.admin(SHARED).await;
    admin.run(&format!("CREATE ROLE {role}")).await;
    assert_eq!(server.conformity(tenant, Isolation::Database).await, (Some(false), None));
    server.tenants.ensure_role(tenant, &spec()).await.unwrap();
    admin.run(&format!("CREATE DATABASE {name} OWNER {role} ALLOW_CONNECTIONS false")).await;
    assert_eq!(server.conformity(tenant, Isolation::Database).await, (Some(true), Some(false)));
    let made = server.tenants.ensure_database(tenant, Isolation::Database).await.unwrap();
    let superuser = server.superuser(SHARED).await;
    // So PostgreSQL marks a database whose drop was cut short: there, and good for nothing.
    superuser.run(&format!("UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{name}'")).await;
    assert_eq!(server.conformity(tenant, Isolation::Database).await, (Some(true), Some(false)));
    let seen = server.tenants.observe(tenant, Isolation::Database, &spec()).await.unwrap();
    assert!(seen.database.unwrap().ruined && !made.ruined);
    let again = server.tenants.ensure_database(tenant, Isolation::Database).await.unwrap();
    assert_ne!(again.identity, made.identity);
    superuser.run(&format!("UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{name}'")).await;
    server.remove(tenant, Isolation::Database).await;
    admin
        .run(&format!("CREATE ROLE {role}; GRANT {role} TO CURRENT_USER; CREATE SCHEMA {name} AUTHORIZATION {role}"))
        .await;
    assert_eq!(server.conformity(tenant, Isolation::Schema).await, (Some(false), Some(false)));
    server.mend(tenant, Isolation::Schema).await.unwrap();
    server.remove(tenant, Isolation::Schema).await;
}
on_every_version!(what_a_crash_left_half_made_is_made_whole);
