//! Whether a tenant's row is still the same, and whether anything is under way, without reading it.

use std::collections::HashMap;

use domain::TenantId;
use sqlx::types::Uuid;

use crate::error::StorageError;
use crate::store::Store;

/// Another one after each write to the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowState {
    /// The transaction that wrote the row (`xmin`), so it costs the writers nothing; the order of two can't be told.
    version: i64,
    pub generation: i64,
    /// A step is being taken.
    pub under_way: bool,
}

impl Store {
    /// The states of these tenants' rows, in one query however many they are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn row_states(&self, tenants: &[TenantId]) -> Result<HashMap<TenantId, RowState>, StorageError> {
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        let query = sqlx::query!(
            r#"SELECT id AS "id!", version AS "version!", generation AS "generation!", under_way AS "under_way!"
               FROM fresco.row_states($1)"#,
            &ids,
        );
        let rows = query.fetch_all(self.pool()).await?.into_iter();
        Ok(rows
            .map(|row| {
                let state = RowState { version: row.version, generation: row.generation, under_way: row.under_way };
                (TenantId::from_uuid(row.id), state)
            })
            .collect())
    }
}
