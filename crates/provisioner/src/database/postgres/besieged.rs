//! Drops a role that neighbours go on granting something, faster than it can be taken away.
//!
//! A GRANT, or a policy, locks the role it names until its transaction ends, and a lock that is waited for is given in
//! turn. So `DROP ROLE` is made to wait, by a lock of ours that GRANTs pass: whatever names the role after that stands in
//! line behind it, and finds no role. What was granted before is taken away meanwhile; then our lock goes.

use std::time::Duration;

use futures_util::future::try_join;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::call::Failure;
use super::connect::{Admin, Session};
use super::{grants, session};

/// How often it is looked whether `DROP ROLE` stands in line.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Drops the role with whatever it was granted, in whichever database; it owns nothing that comes in thousands any more.
pub(super) async fn drop(admin: &Admin, session: &Session, role: &str) -> Result<(), Failure> {
    tracing::warn!(role, "another tenant goes on granting a role something that is being dropped");
    let login = admin.login_to(admin.shared_database().as_str(), "");
    let (lock, gone) = (format!("BEGIN; COMMENT ON ROLE {role} IS NULL"), format!("DROP ROLE {role}"));
    let errand = async |holder: Client| {
        holder.batch_execute(&lock).await?;
        let clear = async {
            be_next(admin, session, role).await?;
            grants::revoke_elsewhere(admin, session, role).await?;
            session.batch_execute(&format!("DROP OWNED BY {role}")).await?;
            Ok(holder.batch_execute("ROLLBACK").await?)
        };
        try_join(session::run(&login, &gone), clear).await
    };
    match session::on_session(&login, errand).await {
        Ok(((), ())) => Ok(()),
        Err(failure) if failure.code() == Some(&SqlState::UNDEFINED_OBJECT) => Ok(()),
        Err(failure) if failure.code() == Some(&SqlState::DEPENDENT_OBJECTS_STILL_EXIST) => {
            Err(Failure::Overtaken(format!("another tenant's database goes on naming {role} in grants or policies")))
        }
        Err(failure) => Err(failure),
    }
}

/// Waits until nobody but we keep `DROP ROLE` waiting. Whoever holds a GRANT open is ended.
async fn be_next(admin: &Admin, session: &Session, role: &str) -> Result<(), Failure> {
    let next = async {
        while !is_next(session, role).await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok::<_, Failure>(())
    };
    tokio::select! {
        next = next => next,
        failed = grants::end_blockers(session, admin.shared_database().as_str()) => match failed? {},
    }
}

async fn is_next(session: &Session, role: &str) -> Result<bool, Failure> {
    const NEXT: &str = "
        SELECT coalesce(bool_and(NOT EXISTS (
            SELECT FROM unnest(pg_blocking_pids(l.pid)) AS blocker (pid) JOIN pg_stat_activity a USING (pid)
            WHERE a.usename <> current_user)), false)
        FROM pg_locks l
        WHERE l.locktype = 'object' AND l.classid = 'pg_authid'::regclass AND l.mode = 'AccessExclusiveLock'
          AND NOT l.granted AND l.objid = (SELECT oid FROM pg_roles WHERE rolname = $1)";
    let rows = session.query_typed(NEXT, &[(&role, Type::TEXT)]).await?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}
