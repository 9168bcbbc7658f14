//! How many bytes a tenant's database or schema takes on disk.

use domain::TenantId;
use domain::app::Isolation;

use super::call::Failure;
use super::connect::Admin;
use crate::database::ident::{database_name, schema_name};

/// One whose DROP was cut short (`datconnlimit`) has files all the same.
const OF_DATABASE: &str = "SELECT pg_database_size(d.oid) FROM pg_database d WHERE d.datname = $1";

/// With a table go its indexes and its TOAST table; a partitioned table is its partitions. One that is dropped meanwhile has no
/// size, and counts for nothing.
const OF_SCHEMA: &str = "
SELECT (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
        FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'm', 'S'))
FROM pg_namespace n WHERE n.nspname = $1";

/// `None` if it is not there.
pub(super) async fn look(admin: &Admin, tenant: TenantId, isolation: Isolation) -> Result<Option<u64>, Failure> {
    let (text, name) = match isolation {
        Isolation::Database => (OF_DATABASE, database_name(tenant)),
        Isolation::Schema => (OF_SCHEMA, schema_name(tenant)),
    };
    let session = admin.session().await?;
    let statement = session.prepare_cached(text).await?;
    let row = session.query_opt(&statement, &[&name]).await?;
    session.give_back();
    Ok(row.map(|row| row.get::<_, i64>(0).unsigned_abs()))
}
