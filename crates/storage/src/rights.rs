//! What the role at the other end of a connection may do: whether a URL is the side's whose it is said to be.

use crate::error::StorageError;
use crate::store::Store;

/// What tells the two sides apart; whoever may do both is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// As a worker must, and the web side must not.
    pub reads_secrets: bool,
    /// As the web side must, and a worker must not.
    pub sets_goals: bool,
}

impl Store {
    /// # Errors
    /// [`StorageError`].
    pub async fn rights(&self) -> Result<Rights, StorageError> {
        let query = sqlx::query_as!(
            Rights,
            r#"SELECT has_table_privilege('fresco.tenant_secrets', 'SELECT') AS "reads_secrets!",
                      has_column_privilege('fresco.tenants', 'spec', 'UPDATE') AS "sets_goals!""#
        );
        Ok(query.fetch_one(self.pool()).await?)
    }
}
