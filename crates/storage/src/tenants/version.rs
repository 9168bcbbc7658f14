//! Whether a tenant's row is still the same, without reading it.

use std::collections::HashMap;

use domain::TenantId;
use sqlx::types::Uuid;

use crate::error::StorageError;
use crate::store::Store;

/// Another one after each write to the row; what it was before or will be cannot be told from it. It is the transaction that
/// wrote the row (`xmin`), so it costs the writers nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowVersion(i64);

impl Store {
    /// The row versions of these tenants, in one query however many they are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn row_versions(&self, tenants: &[TenantId]) -> Result<HashMap<TenantId, RowVersion>, StorageError> {
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        let query = sqlx::query!(r#"SELECT id AS "id!", version AS "version!" FROM fresco.row_versions($1)"#, &ids,);
        let rows = query.fetch_all(self.pool()).await?.into_iter();
        Ok(rows.map(|row| (TenantId::from_uuid(row.id), RowVersion(row.version))).collect())
    }
}
