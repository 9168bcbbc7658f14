//! All tenants at a glance: what would show that somebody has altered a role, a database or a schema.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::TenantId;

use super::call::Failure;
use super::connect::Admin;
use crate::database::ident::owner_of;

/// A name, and a text of all that is told of it. Of a role its view shows everything but the password.
const LOOK: &str = r"
SELECT rolname::text, md5(concat_ws(' ', r::text, shobj_description(oid, 'pg_authid')))
FROM pg_roles r WHERE rolname LIKE 'tenant\_%'
UNION ALL
SELECT r.rolname::text, md5(concat_ws(' ', 'settings', s.setdatabase, s.setconfig::text))
FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname LIKE 'tenant\_%'
UNION ALL
SELECT r.rolname::text, md5(concat_ws(' ', 'member', m.roleid, m.member, m.admin_option))
FROM pg_auth_members m JOIN pg_roles r ON r.oid IN (m.roleid, m.member) WHERE r.rolname LIKE 'tenant\_%'
UNION ALL
SELECT datname::text, md5(concat_ws(' ', 'database', oid, datdba, datistemplate, datallowconn, datconnlimit, datacl::text))
FROM pg_database WHERE datname LIKE 'tenant\_%'
UNION ALL
SELECT nspname::text, md5(concat_ws(' ', 'schema', oid, nspowner, nspacl::text))
FROM pg_namespace WHERE nspname LIKE 'tenant\_%'
ORDER BY 1, 2";

pub(super) async fn look(admin: &Admin) -> Result<BTreeMap<TenantId, u64>, Failure> {
    let session = admin.session().await?;
    let rows = session.query_typed(LOOK, &[]).await?;
    session.give_back();
    let mut tenants: BTreeMap<TenantId, DefaultHasher> = BTreeMap::new();
    for row in &rows {
        let (name, told): (&str, &str) = (row.get(0), row.get(1));
        if let Some(tenant) = owner_of(name) {
            told.hash(tenants.entry(tenant).or_default());
        }
    }
    Ok(tenants.into_iter().map(|(tenant, hasher)| (tenant, hasher.finish())).collect())
}
