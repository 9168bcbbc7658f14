//! A database of its own, the role its owner, closed to everybody else.
//!
//! From `template0`: it is as PostgreSQL ships it, whatever was put into `template1`, and nobody can be connected to it
//! (which makes CREATE DATABASE fail). Its `public` belongs to `pg_database_owner`, which is the tenant's role here, so
//! nothing of ours is in it and nobody must connect to hand it over. By `wal_log`: 11 ms against 20 ms of `file_copy`, which
//! also forces two checkpoints on everybody. It is made closed and opened once PUBLIC has lost CONNECT, which costs 0.2 ms.

use domain::TenantId;
use domain::tenant::{DatabaseIdentity, DatabaseState};
use futures_util::future::join3;
use tokio_postgres::error::SqlState;

use super::call::{Failure, forgive};
use super::connect::{Admin, Session};
use crate::database::ident::{database_name, role_name};

/// A connection limit of -2 is how PostgreSQL marks a database whose DROP was cut short (`DATCONNLIMIT_INVALID_DB`).
const LOOK: &str = "
SELECT d.oid, coalesce(
    d.datdba = (SELECT oid FROM pg_roles WHERE rolname = $2)
    AND d.datallowconn AND NOT d.datistemplate AND d.datconnlimit = -1
    AND NOT EXISTS (SELECT FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                    WHERE a.grantee <> d.datdba),
    false),
    d.datconnlimit = -2
FROM pg_database d WHERE d.datname = $1";

/// The database as it is, if it is there.
pub(super) async fn look(session: &Session, tenant: TenantId) -> Result<Option<DatabaseState>, Failure> {
    let statement = session.prepare_cached(LOOK).await?;
    let row = session.query_opt(&statement, &[&database_name(tenant), &role_name(tenant)]).await?;
    Ok(row.map(|row| DatabaseState {
        identity: DatabaseIdentity(row.get(0)),
        conforms: row.get(1),
        ruined: row.get(2),
    }))
}

/// The database, owned by the tenant's role and open to nobody else.
pub(super) async fn ensure(admin: &Admin, tenant: TenantId) -> Result<DatabaseState, Failure> {
    let made = match make(admin, tenant).await {
        Err(error) if is_invalid(error.code()) => {
            drop_closed(admin, tenant).await?;
            make(admin, tenant).await
        }
        other => other,
    };
    made?.filter(|state| state.conforms).ok_or_else(|| {
        let name = database_name(tenant);
        Failure::Refused(format!("{name} still differs after it was mended; look at it by `\\l {name}`"))
    })
}

/// A DROP DATABASE that was cut short leaves a database that nothing can be read from any more: PostgreSQL ends the session
/// that would do anything with it but drop it.
fn is_invalid(code: Option<&SqlState>) -> bool {
    code == Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE)
}

/// Creates, mends and looks in one trip: a database that is there already fails the first and is mended by the second.
async fn make(admin: &Admin, tenant: TenantId) -> Result<Option<DatabaseState>, Failure> {
    let session = admin.session().await?;
    let (database, role) = (database_name(tenant), role_name(tenant));
    let create = format!(
        "CREATE DATABASE {database} OWNER {role} TEMPLATE template0 ENCODING 'UTF8' STRATEGY wal_log \
         ALLOW_CONNECTIONS false"
    );
    let mend = mend_sql(&database, &role);
    let (created, mended, state) =
        join3(session.batch_execute(&create), session.batch_execute(&mend), look(&session, tenant)).await;
    forgive(created, &[SqlState::DUPLICATE_DATABASE, SqlState::UNIQUE_VIOLATION])?;
    mended?;
    let state = state?;
    session.give_back();
    Ok(state)
}

/// One transaction: the owner, then nobody but the owner, then open.
fn mend_sql(database: &str, role: &str) -> String {
    format!(
        "ALTER DATABASE {database} OWNER TO {role};
         DO $$ DECLARE other text; BEGIN
           FOR other IN SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
             FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
             WHERE datname = '{database}' AND grantee <> datdba
           LOOP EXECUTE format('REVOKE ALL ON DATABASE {database} FROM %s CASCADE', other); END LOOP;
         END $$;
         ALTER DATABASE {database} WITH ALLOW_CONNECTIONS true IS_TEMPLATE false CONNECTION LIMIT -1"
    )
}

/// Closes the database, ends its sessions and drops it. Closed first: what reconnects at once (a pooler) would keep it in
/// use. No template: its owner may have made it one, and those are not dropped.
pub(super) async fn drop(admin: &Admin, tenant: TenantId) -> Result<(), Failure> {
    let database = database_name(tenant);
    let session = admin.session().await?;
    let close = format!("ALTER DATABASE {database} WITH ALLOW_CONNECTIONS false IS_TEMPLATE false");
    let (end, drop) = (end_sql(tenant), drop_sql(&database));
    let (closed, ended, dropped) =
        join3(session.batch_execute(&close), session.batch_execute(&end), session.batch_execute(&drop)).await;
    match closed {
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => {}
        Err(error) if is_invalid(error.code()) => return drop_closed(admin, tenant).await,
        other => other?,
    }
    ended?;
    dropped?;
    session.give_back();
    Ok(())
}

async fn drop_closed(admin: &Admin, tenant: TenantId) -> Result<(), Failure> {
    let session = admin.session().await?;
    session.batch_execute(&drop_sql(&database_name(tenant))).await?;
    session.give_back();
    Ok(())
}

/// Only the tenant can be there. FORCE would end whoever is, and fails for all if an autovacuum worker, a superuser's
/// process, is among them; the plain drop asks that one to leave, and waits up to 5 s for the ended ones
/// (`CountOtherDBBackends` in PostgreSQL's `procarray.c`).
fn end_sql(tenant: TenantId) -> String {
    let (database, role) = (database_name(tenant), role_name(tenant));
    format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}' AND usename = '{role}'"
    )
}

fn drop_sql(database: &str) -> String {
    format!("DROP DATABASE IF EXISTS {database}")
}
