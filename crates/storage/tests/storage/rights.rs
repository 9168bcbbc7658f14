//! What each side can't do, whatever its code does.

use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use storage::{NewOperatorKey, Rights, StorageError, Unbound};

use crate::support::{Platform, connect, now};

/// `42501`: insufficient privilege.
async fn refused(platform: &Platform, role: &str, sql: &str) {
    let mut connection = connect(&platform.server.platform_url(role)).await;
    let answer = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await;
    let error = answer.expect_err(sql);
    let code = error.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    assert_eq!(code.as_deref(), Some("42501"), "{sql}: {error}");
}

#[tokio::test]
async fn the_web_side_reads_no_secret_takes_no_lease_and_says_nothing_is_seen() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    for sql in [
        "SELECT sealed FROM fresco.tenant_secrets",
        "SELECT 1 FROM fresco.tenant_secrets",
        "UPDATE fresco.tenant_secrets SET sealed = ''",
        "DELETE FROM fresco.tenant_secrets",
        "SELECT * FROM fresco.tenant_claims",
        "UPDATE fresco.tenant_claims SET lease_owner = NULL",
        "INSERT INTO fresco.tenant_claims (tenant_id, epoch) SELECT id, 7 FROM fresco.tenants",
        "UPDATE fresco.tenants SET status = 'active'",
        "UPDATE fresco.tenants SET observed = '{}'",
        "UPDATE fresco.tenants SET container_id = NULL",
        "UPDATE fresco.tenants SET organisation_id = organisation_id",
        "UPDATE fresco.tenants SET removal_started_at = NULL",
        "UPDATE fresco.tenants SET quarantine_until = NULL",
        "UPDATE fresco.tenants SET receipt = NULL",
        "UPDATE fresco.tenant_revisions SET converged_at = now()",
        "DELETE FROM fresco.tenant_revisions",
        "UPDATE fresco.deployments SET status = 'succeeded'",
        "UPDATE fresco.tenant_events SET message = ''",
        "DELETE FROM fresco.tenants",
        "INSERT INTO fresco.operator_keys SELECT * FROM fresco.operator_keys",
        "UPDATE fresco.operator_keys SET revoked_at = NULL",
        "INSERT INTO fresco.sealing_keys (id, print, held) VALUES ('mine', 'x', true)",
        "UPDATE fresco.sealing_keys SET held = true",
        "UPDATE fresco.audit_log SET data = '{}'",
        "DELETE FROM fresco.audit_log",
        "TRUNCATE fresco.audit_log",
        "INSERT INTO fresco.audit_log (at) VALUES (now())",
        "SELECT 1 FROM fresco.audit_seals",
        "DELETE FROM fresco.audit_unsealed",
        "UPDATE fresco.mail_outbox SET recipient = ''",
        "INSERT INTO fresco.mail_outbox (sent_at) VALUES (now())",
        "UPDATE fresco.users SET approved_at = now()",
        "UPDATE fresco.users SET disabled_at = NULL",
        "INSERT INTO fresco.users (disabled_at) VALUES (now())",
        "SELECT fresco.approve_user(gen_random_uuid(), now())",
        "SELECT fresco.disable_user(gen_random_uuid(), NULL)",
        "INSERT INTO fresco.signup_invitations VALUES ('x@example.org', now(), now())",
        "CREATE TABLE fresco.mine (id int)",
        "CREATE TABLE public.mine (id int)",
        "SET ROLE fresco_worker",
    ] {
        refused(&platform, "platform_api", sql).await;
    }
}

#[tokio::test]
async fn the_worker_never_writes_what_should_be() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    for sql in [
        "UPDATE fresco.tenants SET desired_state = 'destroyed'",
        "UPDATE fresco.tenants SET spec = spec",
        "UPDATE fresco.tenants SET generation = 1",
        "UPDATE fresco.tenants SET destroy_after = now()",
        "UPDATE fresco.tenant_revisions SET spec = spec",
        "UPDATE fresco.tenants SET subdomain = 'mine'",
        "DELETE FROM fresco.tenants",
        "DELETE FROM fresco.tenant_events",
        "UPDATE fresco.tenant_secrets SET sealed = ''",
        "UPDATE fresco.sealing_keys SET print = ''",
        "SELECT 1 FROM fresco.mail_outbox",
        "UPDATE fresco.audit_log SET data = '{}'",
        "DELETE FROM fresco.audit_log",
        "DELETE FROM fresco.audit_seals",
        "UPDATE fresco.audit_seals SET seal = ''",
        "CREATE TABLE fresco.mine (id int)",
        "SET ROLE fresco_api",
    ] {
        refused(&platform, "platform_worker", sql).await;
    }
}

#[tokio::test]
async fn each_side_is_told_by_what_it_may_do() {
    let platform = Platform::start().await;
    let api = Rights { reads_secrets: false, sets_goals: true, unbound: None };
    let worker = Rights { reads_secrets: true, sets_goals: false, unbound: Some(Unbound::Worker) };
    assert_eq!((platform.api.rights().await.unwrap(), platform.worker.rights().await.unwrap()), (api, worker));
}

#[tokio::test]
async fn whom_row_level_security_does_not_hold_back_is_told_with_the_reason() {
    let platform = Platform::start().await;
    platform.sql("CREATE ROLE passing NOLOGIN BYPASSRLS").await;
    for (change, back, reason) in [
        ("ALTER ROLE platform_api SUPERUSER", "ALTER ROLE platform_api NOSUPERUSER", Unbound::Superuser),
        ("ALTER ROLE platform_api BYPASSRLS", "ALTER ROLE platform_api NOBYPASSRLS", Unbound::Bypasses),
        ("GRANT passing TO platform_api", "REVOKE passing FROM platform_api", Unbound::Bypasses),
        ("GRANT platform_owner TO platform_api", "REVOKE platform_owner FROM platform_api", Unbound::Owner),
        ("GRANT fresco_worker TO platform_api", "REVOKE fresco_worker FROM platform_api", Unbound::Worker),
    ] {
        platform.sql(change).await;
        assert_eq!(platform.api.rights().await.unwrap().unbound, Some(reason), "{change}");
        platform.sql(back).await;
        assert_eq!(platform.api.rights().await.unwrap().unbound, None, "{back}");
    }
    platform.sql("ALTER ROLE platform_worker SUPERUSER").await;
    assert_eq!(platform.worker.rights().await.unwrap().unbound, Some(Unbound::Superuser));
}

#[tokio::test]
async fn a_tenant_who_shares_the_instance_sees_none_of_it() {
    let platform = Platform::start().await;
    platform.sql("CREATE ROLE tenant_user LOGIN PASSWORD 'tenant_user-password'").await;
    let url = platform.server.platform_url("tenant_user");
    let answer = PgConnection::connect(url.expose_secret()).await;
    assert!(answer.is_err(), "CONNECT is not for everybody");
    // As when an operator lets the tenants share the platform's database.
    platform.sql("GRANT CONNECT ON DATABASE platform TO tenant_user").await;
    for sql in [
        "SELECT * FROM fresco.tenants",
        "SELECT fresco.ring(ARRAY[]::uuid[], 0::smallint)",
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMP TABLE mine (id int)",
        "CREATE SCHEMA mine",
    ] {
        refused(&platform, "tenant_user", sql).await;
    }
}

#[tokio::test]
async fn the_store_calls_a_missing_right_by_no_softer_name() {
    let platform = Platform::start().await;
    let new = NewOperatorKey { id: uuid::Uuid::from_u128(1), name: "mine".into(), hash: [0; 32], now: now() };
    let error = platform.api.create_operator_key(&new).await.unwrap_err();
    assert!(matches!(error, StorageError::Other { .. }), "{error:?}");
}
