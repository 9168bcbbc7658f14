//! Names in PostgreSQL, derived from a tenant's id: lower-case letters, digits and `_`, at most 63 bytes.

use domain::TenantId;

/// `tenant_user_{id}`.
#[must_use]
pub fn role_name(tenant: TenantId) -> String {
    format!("tenant_user_{}", tenant.simple())
}

/// `tenant_{id}`.
#[must_use]
pub fn database_name(tenant: TenantId) -> String {
    format!("tenant_{}", tenant.simple())
}

/// `tenant_{id}`.
#[must_use]
pub fn schema_name(tenant: TenantId) -> String {
    database_name(tenant)
}
