//! When everything was last looked at in one call: what keeps the status of a settled tenant fresh.

use chrono::{DateTime, Utc};

use crate::error::StorageError;
use crate::store::Store;

/// All containers of the platform, by one list.
const CONTAINERS: &str = "containers";

impl Store {
    /// Notes that all containers were looked at, and that whoever was not as expected has been rung for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn mark_looked(&self, at: DateTime<Utc>) -> Result<(), StorageError> {
        let upsert = sqlx::query!(
            "INSERT INTO fresco.looks (subject, at) VALUES ($1, $2)
             ON CONFLICT (subject) DO UPDATE SET at = excluded.at",
            CONTAINERS,
            at,
        );
        upsert.execute(self.pool()).await?;
        Ok(())
    }

    /// When all containers were last looked at; `None` if never.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn last_look(&self) -> Result<Option<DateTime<Utc>>, StorageError> {
        let query = sqlx::query_scalar!("SELECT at FROM fresco.looks WHERE subject = $1", CONTAINERS);
        Ok(query.fetch_optional(self.pool()).await?)
    }
}
