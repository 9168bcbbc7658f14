//! A tenant's role: LOGIN and no other right, limits, a member of nothing but the group that opens the shared database.
//!
//! The password's hash can be read by superusers only, so the role's comment says which version of the password was set;
//! everything else is compared as it is. What a tenant may do to its own role (its password, its settings) shows as drift,
//! but for the password: whether that is ours, only a login tells ([`super::session::admits`]).

use domain::TenantId;
use domain::tenant::RoleState;
use futures_util::future::join;
use postgres_protocol::password::scram_sha_256;
use secrecy::ExposeSecret;
use tokio_postgres::error::SqlState;

use super::call::{Failure, forgive};
use super::connect::{Admin, Session};
use super::{besieged, grants, owned};
use crate::database::RoleSpec;
use crate::database::ident::{database_name, role_name, schema_name};

const LOOK: &str = "
SELECT coalesce(
    r.rolcanlogin AND r.rolinherit AND r.rolconnlimit = $2
    AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)
    AND coalesce(r.rolvaliduntil, 'infinity') = 'infinity'
    AND coalesce(r.rolconfig, '{}') @> $3 AND coalesce(r.rolconfig, '{}') <@ $3
    AND shobj_description(r.oid, 'pg_authid') = $4
    AND pg_has_role(r.oid, 'USAGE')
    AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                    WHERE m.member = r.oid AND g.rolname <> $5)
    AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.member
                    WHERE m.roleid = r.oid AND g.rolname <> current_user),
    false)
FROM pg_roles r WHERE r.rolname = $1";

/// The role as it is, if it is there.
pub(super) async fn look(
    session: &Session,
    group: &str,
    tenant: TenantId,
    spec: &RoleSpec,
) -> Result<Option<RoleState>, Failure> {
    let statement = session.prepare_cached(LOOK).await?;
    let (name, limit, comment) = (role_name(tenant), connection_limit(spec), comment(spec));
    let settings: Vec<String> = settings(spec).iter().map(|(name, value)| format!("{name}={value}")).collect();
    let row = session.query_opt(&statement, &[&name, &limit, &settings, &comment, &group]).await?;
    Ok(row.map(|row| RoleState { conforms: row.get(0) }))
}

/// The role, as `spec` asks for.
pub(super) async fn ensure(
    admin: &Admin,
    group: &str,
    tenant: TenantId,
    spec: &RoleSpec,
) -> Result<RoleState, Failure> {
    let session = admin.session().await?;
    let make = make_sql(group, tenant, spec);
    let (made, state) = join(session.batch_execute(&make), look(&session, group, tenant, spec)).await;
    made?;
    let state = state?.filter(|state| state.conforms);
    session.give_back();
    state.ok_or_else(|| {
        let role = role_name(tenant);
        Failure::Refused(format!(
            "{role} still differs after it was mended: somebody else gave it rights or members that {admin} can't take \
             away; as a superuser, look at it by `\\drg {role}` and `\\du {role}`",
            admin = "the admin role"
        ))
    })
}

/// One transaction, for a role that is missing as well as for one that differs. The admin becomes a member: only so may it
/// make a database for the role (16 gives a role's creator the right to grant it, no more), and drop what it owns.
fn make_sql(group: &str, tenant: TenantId, spec: &RoleSpec) -> String {
    let role = role_name(tenant);
    let verifier = scram_sha_256(spec.password.expose_secret().as_bytes());
    let settings: String =
        settings(spec).iter().map(|(name, value)| format!("ALTER ROLE {role} SET {name} = {value};\n")).collect();
    format!(
        "DO $$ DECLARE other text; BEGIN
           IF to_regrole('{role}') IS NULL THEN CREATE ROLE {role}; END IF;
           FOR other IN SELECT roleid::regrole FROM pg_auth_members
             WHERE member = '{role}'::regrole AND roleid IS DISTINCT FROM to_regrole('{group}')
           LOOP EXECUTE format('REVOKE %s FROM {role}', other); END LOOP;
           FOR other IN SELECT member::regrole FROM pg_auth_members
             WHERE roleid = '{role}'::regrole AND member <> current_user::regrole
           LOOP EXECUTE format('REVOKE {role} FROM %s', other); END LOOP;
         END $$;
         GRANT {role} TO CURRENT_USER;
         ALTER ROLE {role} LOGIN INHERIT NOCREATEDB NOCREATEROLE CONNECTION LIMIT {limit}
           PASSWORD '{verifier}' VALID UNTIL 'infinity';
         ALTER ROLE {role} RESET ALL;
         {settings}
         COMMENT ON ROLE {role} IS '{comment}'",
        limit = connection_limit(spec),
        comment = comment(spec),
    )
}

/// Ends the role's sessions and drops it with whatever it owns or was granted, in whichever database.
pub(super) async fn drop(admin: &Admin, tenant: TenantId) -> Result<(), Failure> {
    let role = role_name(tenant);
    let session = admin.session().await?;
    must_hold_no_data(&session, tenant).await?;
    let close = format!("ALTER ROLE {role} NOLOGIN");
    let (closed, ended) = join(session.batch_execute(&close), end_sessions(&session, &role)).await;
    if matches!(&closed, Err(error) if error.code() == Some(&SqlState::UNDEFINED_OBJECT)) {
        session.give_back();
        return Ok(());
    }
    closed?;
    note_left(&role, ended?);
    grants::revoke_elsewhere(admin, &session, &role).await?;
    owned::drop_in_batches(&session, &role).await?;
    let gone = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    let dropped = session.batch_execute(&gone).await;
    if matches!(&dropped, Err(error) if error.code() == Some(&SqlState::DEPENDENT_OBJECTS_STILL_EXIST)) {
        besieged::drop(admin, &session, &role).await?;
    } else {
        forgive(dropped, &[SqlState::UNDEFINED_OBJECT])?;
    }
    session.give_back();
    Ok(())
}

/// Dropping a role never takes a tenant's data along: that is the other call's.
async fn must_hold_no_data(session: &Session, tenant: TenantId) -> Result<(), Failure> {
    const HELD: &str = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) \
                        OR EXISTS (SELECT FROM pg_namespace WHERE nspname = $2)";
    let statement = session.prepare_cached(HELD).await?;
    let held: bool = session.query_one(&statement, &[&database_name(tenant), &schema_name(tenant)]).await?.get(0);
    if held {
        Err(Failure::Refused("its database or schema is still there: drop that first".to_owned()))
    } else {
        Ok(())
    }
}

/// Ends every session of the role; fails if one stays, which could write beside us.
pub(super) async fn be_alone(admin: &Admin, tenant: TenantId) -> Result<(), Failure> {
    let session = admin.session().await?;
    let left = end_sessions(&session, &role_name(tenant)).await?;
    session.give_back();
    match left {
        0 => Ok(()),
        left => Err(Failure::Refused(format!("{left} of the tenant's sessions do not end"))),
    }
}

pub(super) fn note_left(role: &str, left: i64) {
    if left > 0 {
        tracing::warn!(role, left, "sessions of a tenant do not end");
    }
}

/// Ends every session of the role, and waits until they have ended. Answers how many have not.
pub(super) async fn end_sessions(session: &Session, role: &str) -> Result<i64, Failure> {
    const END: &str = "SELECT count(*) FILTER (WHERE NOT pg_terminate_backend(pid, 3000)) \
                       FROM pg_stat_activity WHERE usename = $1";
    let statement = session.prepare_cached(END).await?;
    Ok(session.query_one(&statement, &[&role]).await?.get(0))
}

/// In milliseconds, as PostgreSQL keeps the text it was given.
fn settings(spec: &RoleSpec) -> [(&'static str, String); 2] {
    [
        ("statement_timeout", spec.statement_timeout.as_millis().to_string()),
        ("idle_in_transaction_session_timeout", spec.idle_in_transaction_timeout.as_millis().to_string()),
    ]
}

fn comment(spec: &RoleSpec) -> String {
    format!("frescod: password version {}", spec.password_version)
}

fn connection_limit(spec: &RoleSpec) -> i32 {
    i32::try_from(spec.connection_limit).unwrap_or(i32::MAX)
}
