//! A schema in the shared database, the role its owner.
//!
//! The role may connect there as a member of a group that holds CONNECT and nothing else: a grant for each tenant would
//! be one row that all deploys change at once, and that grows with them. `search_path` is set on the role, in that database.

use domain::TenantId;
use domain::tenant::{DatabaseIdentity, DatabaseState};
use futures_util::future::join;
use tokio_postgres::error::SqlState;

use super::call::{Failure, forgive};
use super::connect::{Admin, Session};
use super::{owned, role};
use crate::database::ident::{PlainName, role_name, schema_name};

const LOOK: &str = "
SELECT n.oid, coalesce(
    n.nspowner = r.oid
    AND NOT EXISTS (SELECT FROM aclexplode(n.nspacl) a WHERE a.grantee <> n.nspowner)
    AND EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                WHERE m.member = r.oid AND g.rolname = $3)
    AND EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                WHERE s.setrole = r.oid AND d.datname = current_database() AND s.setconfig = $4),
    false)
FROM pg_namespace n LEFT JOIN pg_roles r ON r.rolname = $2 WHERE n.nspname = $1";

/// The schema as it is, if it is there.
pub(super) async fn look(session: &Session, group: &str, tenant: TenantId) -> Result<Option<DatabaseState>, Failure> {
    let statement = session.prepare_cached(LOOK).await?;
    let (schema, role) = (schema_name(tenant), role_name(tenant));
    let settings = vec![format!("search_path={schema}")];
    let row = session.query_opt(&statement, &[&schema, &role, &group, &settings]).await?;
    Ok(row.map(|row| DatabaseState { identity: DatabaseIdentity(row.get(0)), conforms: row.get(1), ruined: false }))
}

/// The schema, owned by the tenant's role and open to nobody else.
pub(super) async fn ensure(admin: &Admin, group: &str, tenant: TenantId) -> Result<DatabaseState, Failure> {
    let session = admin.session().await?;
    let make = make_sql(admin.shared_database(), group, tenant);
    let (made, state) = join(session.batch_execute(&make), look(&session, group, tenant)).await;
    made?;
    let state = state?.filter(|state| state.conforms);
    session.give_back();
    state.ok_or_else(|| {
        let schema = schema_name(tenant);
        Failure::Refused(format!("schema {schema} still differs after it was mended; look at it by `\\dn+ {schema}`"))
    })
}

/// One transaction, for a schema that is missing as well as for one that differs. From 16 on a member need not have the
/// right to become the group, and so what the group would own can't come to be.
fn make_sql(shared: &PlainName, group: &str, tenant: TenantId) -> String {
    let (schema, role) = (schema_name(tenant), role_name(tenant));
    format!(
        "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {role};
         ALTER SCHEMA {schema} OWNER TO {role};
         DO $$ DECLARE other text; BEGIN
           FOR other IN SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
             FROM pg_namespace, aclexplode(nspacl) WHERE nspname = '{schema}' AND grantee <> nspowner
           LOOP EXECUTE format('REVOKE ALL ON SCHEMA {schema} FROM %s CASCADE', other); END LOOP;
           EXECUTE 'GRANT {group} TO {role}'
             || CASE WHEN current_setting('server_version_num')::int >= 160000
                THEN ' WITH INHERIT TRUE, SET FALSE' ELSE '' END;
         END $$;
         ALTER ROLE {role} IN DATABASE {shared} RESET ALL;
         ALTER ROLE {role} IN DATABASE {shared} SET search_path = {schema}"
    )
}

/// Takes the way in, ends the sessions, drops what the role owns in batches, then the schema.
pub(super) async fn drop(admin: &Admin, group: &str, tenant: TenantId) -> Result<(), Failure> {
    let (schema, role) = (schema_name(tenant), role_name(tenant));
    let session = admin.session().await?;
    let close = format!("REVOKE {group} FROM {role}");
    let (closed, ended) = join(session.batch_execute(&close), role::end_sessions(&session, &role)).await;
    forgive(closed, &[SqlState::UNDEFINED_OBJECT])?;
    role::note_left(&role, ended?);
    owned::drop_in_batches(&session, &role).await?;
    session.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE")).await?;
    session.give_back();
    Ok(())
}
