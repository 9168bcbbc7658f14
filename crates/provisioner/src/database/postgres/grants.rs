//! What neighbours granted a role in databases of their own, taken away again.
//!
//! Any tenant may name any role in a GRANT or a policy, and a role named there can't be dropped. The login to the
//! neighbour's database does not depend on the neighbour's will: its settings are overridden (what a login asks for wins
//! against ALTER DATABASE), its door is opened, and who holds a lock in the way is ended. No app grants a stranger
//! anything by accident, so none that is honest meets this.

use std::convert::Infallible;
use std::time::Duration;

use tokio_postgres::types::Type;

use super::call::Failure;
use super::connect::{Admin, Session};
use super::session;

/// How long a neighbour's lock is waited for before its holder is ended.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a database's owner could set to keep a login out or from changing anything. The time-outs of statements and locks,
/// and the search path, are every admin session's own.
const OVERRIDES: &str = "-c role=none -c default_transaction_read_only=off -c idle_session_timeout=0 \
                         -c tcp_user_timeout=0 -c local_preload_libraries=";

/// Takes away whatever `role` has in databases other than the session's.
pub(super) async fn revoke_elsewhere(admin: &Admin, session: &Session, role: &str) -> Result<(), Failure> {
    for database in elsewhere(session, role).await? {
        let overrides = open(session, &database).await?;
        let login = admin.login_to(&database, &overrides);
        let revoke = async {
            session::run(&login, &drop_policies_sql(role)).await?;
            session::run(&login, &format!("DROP OWNED BY {role}")).await
        };
        tokio::select! {
            revoked = revoke => revoked?,
            failed = end_blockers(session, &database) => match failed? {},
        }
    }
    Ok(())
}

/// Databases where the role owns something or was granted something, the session's own left out.
async fn elsewhere(session: &Session, role: &str) -> Result<Vec<String>, Failure> {
    const ELSEWHERE: &str = "
        SELECT DISTINCT d.datname::text FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
        WHERE s.refclassid = 'pg_authid'::regclass AND d.datname <> current_database()
          AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)";
    let rows = session.query_typed(ELSEWHERE, &[(&role, Type::TEXT)]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Opens a tenant's database to the admin role, which enters as a member of its owner; answers with what the login must
/// override. One that is nobody's we are a member of is left as it is. No owner can disallow connections from inside, so
/// one that allows none is being dropped.
async fn open(session: &Session, database: &str) -> Result<String, Failure> {
    const DOOR: &str = "
        SELECT CASE WHEN pg_has_role(d.datdba, 'USAGE') THEN
            format('GRANT CONNECT ON DATABASE %1$I TO %2$s;
                    ALTER DATABASE %1$I CONNECTION LIMIT -1', d.datname, d.datdba::regrole)
          ELSE '' END, current_setting('transaction_timeout', true) IS NOT NULL
        FROM pg_database d WHERE d.datname = $1";
    let rows = session.query_typed(DOOR, &[(&database, Type::TEXT)]).await?;
    let Some(row) = rows.first() else { return Ok(String::new()) };
    session.batch_execute(row.get(0)).await?;
    // PostgreSQL 17 and later; before, a login that asks for it fails.
    let since_17 = if row.get(1) { "-c transaction_timeout=0" } else { "" };
    Ok(format!("{OVERRIDES} {since_17}"))
}

/// Each policy's end locks its table, and thousands would fill the server's lock table: a hundred are a transaction.
fn drop_policies_sql(role: &str) -> String {
    format!(
        "DO $$ DECLARE it record; BEGIN LOOP
           FOR it IN SELECT p.polname, p.polrelid::regclass AS relation
             FROM pg_shdepend s JOIN pg_policy p ON p.oid = s.objid JOIN pg_database d ON d.oid = s.dbid
             WHERE s.classid = 'pg_policy'::regclass AND s.refobjid = '{role}'::regrole
               AND d.datname = current_database() LIMIT 100
           LOOP EXECUTE format('DROP POLICY IF EXISTS %I ON %s', it.polname, it.relation); END LOOP;
           EXIT WHEN NOT FOUND;
           COMMIT;
         END LOOP; END $$"
    )
}

/// Ends tenants' sessions that an admin's session in `database` waits for, as long as it is not dropped. What waits keeps
/// its place in the queue, so nobody who comes back at once is before it again.
pub(super) async fn end_blockers(session: &Session, database: &str) -> Result<Infallible, Failure> {
    const END: &str = "
        SELECT pg_terminate_backend(holder.pid)
        FROM pg_stat_activity ours, unnest(pg_blocking_pids(ours.pid)) AS blocker (pid)
          JOIN pg_stat_activity holder USING (pid)
        WHERE ours.datname = $1 AND ours.usename = current_user
          AND holder.usename <> current_user AND pg_has_role(holder.usesysid, 'USAGE')";
    loop {
        tokio::time::sleep(PATIENCE).await;
        let ended = session.query_typed(END, &[(&database, Type::TEXT)]).await?.len();
        if ended > 0 {
            tracing::warn!(database, ended, "ended sessions that kept another tenant's role from being dropped");
        }
    }
}
