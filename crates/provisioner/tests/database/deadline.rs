//! Calls that get no answer: each ends at its deadline, as `Unavailable`, and the next one is none the worse for it.

use std::time::Duration;

use domain::app::Isolation;
use provisioner::database::{DatabaseError, PostgresOptions, PostgresTenants, TenantDatabase};

use crate::support::{SHARED, Server, new_tenant, on_every_version, options_of, spec};

/// With one session in the pool: had it gone back there, the second call would wait behind the first one's statement.
async fn a_call_that_hangs_is_given_up_and_the_next_one_works(server: &Server) {
    let call_timeout = Duration::from_millis(1500);
    let options = PostgresOptions { pool_size: 1, call_timeout, ..options_of(&server.postgres) };
    let tenants = PostgresTenants::new(&options).unwrap();
    let tenant = new_tenant();
    tenants.ensure_role(tenant, &spec()).await.unwrap();
    let blocker = server.superuser(SHARED).await;
    blocker.run("BEGIN; LOCK TABLE pg_namespace IN EXCLUSIVE MODE").await;
    let error = tenants.ensure_database(tenant, Isolation::Schema).await.unwrap_err();
    assert!(matches!(&error, DatabaseError::Unavailable { detail, .. } if detail.contains("1500 ms")), "{error}");
    assert_eq!(tenants.observe(tenant, Isolation::Schema, &spec()).await.unwrap().database, None);
    blocker.run("COMMIT").await;
    // The statement that was given up goes on now, and may overtake its successor once.
    let made = match tenants.ensure_database(tenant, Isolation::Schema).await {
        Err(error) if !error.is_permanent() => tenants.ensure_database(tenant, Isolation::Schema).await,
        other => other,
    };
    assert!(made.unwrap().conforms);
}
on_every_version!(a_call_that_hangs_is_given_up_and_the_next_one_works);

/// The server ends all sessions, as a restart does.
async fn ended_sessions_are_replaced(server: &Server) {
    let tenant = server.deploy(Isolation::Schema).await;
    let superuser = server.superuser(SHARED).await;
    let end = "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = 'frescod'";
    assert_ne!(superuser.ask(end).await.as_deref(), Some("0"), "nobody was there");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while server.tenants.observe(tenant, Isolation::Schema, &spec()).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "not within 10 s");
    }
}
on_every_version!(ended_sessions_are_replaced);

/// A server that is gone, and one that does not answer.
async fn what_does_not_answer_is_unavailable(server: &Server) {
    let gone = "postgresql://fresco_admin:x@127.0.0.1:1/fresco_shared".to_owned();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mute = format!("postgresql://fresco_admin:x@{}/fresco_shared", silent.local_addr().unwrap());
    for url in [gone, mute] {
        let call_timeout = Duration::from_millis(300);
        let options = PostgresOptions { admin_url: url.into(), call_timeout, ..options_of(&server.postgres) };
        let tenants = PostgresTenants::new(&options).unwrap();
        let error = tenants.observe(new_tenant(), Isolation::Database, &spec()).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Unavailable { .. }), "{error}");
        assert!(!tenants.check(None).await[0].ok);
    }
}
on_every_version!(what_does_not_answer_is_unavailable);
