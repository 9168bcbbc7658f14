//! Passwords, and what is asked with a tenant's own.

use domain::app::Isolation;
use provisioner::database::{TenantDatabase, role_name};
use secrecy::ExposeSecret;

use crate::support::{ADMIN_PASSWORD, BOTH, Server, on_every_version, spec};

/// Its own password is the one thing a tenant may change that no look can tell.
async fn a_changed_password_is_told_and_a_new_version_mends_it(server: &Server) {
    let tenant = server.deploy(Isolation::Database).await;
    let change = format!("ALTER ROLE {} PASSWORD 'mine'", role_name(tenant));
    server.tenant(tenant, Isolation::Database).await.run(&change).await;
    let spec = spec();
    let ask = || server.tenants.effect(tenant, Isolation::Database, &spec, "SELECT 1");
    let error = ask().await.unwrap_err();
    assert!(error.is_permanent() && error.to_string().contains("restart"), "{error}");
    let admits = || server.tenants.admits(tenant, Isolation::Database, &spec);
    assert!(!admits().await.unwrap());
    server.tenants.ensure_role(tenant, &spec).await.unwrap();
    assert!(admits().await.unwrap() && ask().await.unwrap());
}
on_every_version!(a_changed_password_is_told_and_a_new_version_mends_it);

async fn an_effect_is_asked_as_the_tenant_and_changes_nothing(server: &Server) {
    let tenant = server.deploy(Isolation::Database).await;
    let ask = async |query: &str| server.tenants.effect(tenant, Isolation::Database, &spec(), query).await;
    assert!(ask(&format!("SELECT (current_user = '{}')::int", role_name(tenant))).await.unwrap());
    assert!(ask("SELECT 2, 'more columns' -- and a comment").await.unwrap());
    for none in ["SELECT 0", "SELECT NULL", "SELECT 'text'", "SELECT 1 WHERE false", "SELECT repeat('9', 1000000)"] {
        assert_eq!(ask(none).await.unwrap(), none.contains("repeat"), "{none}");
    }
    for wrong in ["SELECT", "SELEKT 1", "CREATE TABLE t ()", "SELECT 1; SELECT 2"] {
        assert!(ask(wrong).await.unwrap_err().is_permanent(), "{wrong}");
    }
}
on_every_version!(an_effect_is_asked_as_the_tenant_and_changes_nothing);

/// The server logs every statement here.
async fn no_password_reaches_the_servers_log(server: &Server) {
    for isolation in BOTH {
        server.deploy(isolation).await;
    }
    let log = server.log();
    assert!(log.contains("ALTER ROLE tenant_user_"), "else this test shows nothing");
    assert!(!log.contains(spec().password.expose_secret()) && !log.contains(ADMIN_PASSWORD));
}
on_every_version!(no_password_reaches_the_servers_log);
