//! The operator's way in. A key is shown once; its SHA-256 stays here.
//!
//! Made and revoked as the worker's role (or the owner's), read as the API's.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::audit::{NewEntry, record_here};
use crate::error::StorageError;
use crate::store::Store;

/// A key as it is known here.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorKey {
    pub id: Uuid,
    pub name: String,
    /// SHA-256 of its secret part. Compare in constant time.
    pub hash: [u8; 32],
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OperatorKey").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A key to be kept.
#[derive(Clone)]
pub struct NewOperatorKey {
    pub id: Uuid,
    pub name: String,
    pub hash: [u8; 32],
    pub now: DateTime<Utc>,
}

impl std::fmt::Debug for NewOperatorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewOperatorKey").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

struct KeyRow {
    id: Uuid,
    name: String,
    hash: Vec<u8>,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl TryFrom<KeyRow> for OperatorKey {
    type Error = StorageError;

    fn try_from(row: KeyRow) -> Result<Self, StorageError> {
        let hash = row.hash.try_into();
        let hash = hash.map_err(|_| StorageError::corrupt("operator_keys", row.id, "a hash of another length"))?;
        Ok(Self {
            id: row.id,
            name: row.name,
            hash,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        })
    }
}

impl Store {
    /// Keeps a new key.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn create_operator_key(&self, new: &NewOperatorKey) -> Result<(), StorageError> {
        let insert = sqlx::query!(
            "INSERT INTO fresco.operator_keys (id, name, hash, created_at) VALUES ($1, $2, $3, $4)",
            new.id,
            new.name,
            new.hash.as_slice(),
            new.now,
        );
        let mut tx = self.begin().await?;
        insert.execute(&mut *tx).await?;
        let entry = NewEntry::done(None, "operator_key.create", ("operator_key", new.id)).called(&*new.name);
        record_here(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// All keys, the oldest first, revoked ones too.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_operator_keys(&self) -> Result<Vec<OperatorKey>, StorageError> {
        let query = sqlx::query_as!(
            KeyRow,
            "SELECT id, name, hash, created_at, last_used_at, revoked_at FROM fresco.operator_keys
             ORDER BY created_at, id"
        );
        query.fetch_all(self.pool()).await?.into_iter().map(OperatorKey::try_from).collect()
    }

    /// The key with this id, unless it is revoked.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_operator_key(&self, id: Uuid) -> Result<Option<OperatorKey>, StorageError> {
        let query = sqlx::query_as!(
            KeyRow,
            "SELECT id, name, hash, created_at, last_used_at, revoked_at FROM fresco.operator_keys
             WHERE id = $1 AND revoked_at IS NULL",
            id,
        );
        query.fetch_optional(self.pool()).await?.map(OperatorKey::try_from).transpose()
    }

    /// Notes that a key was used; at most once a minute, so that a busy one doesn't write with every request.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn touch_operator_key(&self, id: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.operator_keys SET last_used_at = $2
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')",
            id,
            now,
        );
        update.execute(self.pool()).await?;
        Ok(())
    }

    /// Ends a key; `false` if there is none with this id that still works.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn revoke_operator_key(&self, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.operator_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
            id,
            now,
        );
        let mut tx = self.begin().await?;
        let revoked = update.execute(&mut *tx).await?.rows_affected() == 1;
        if revoked {
            let entry = NewEntry::done(None, "operator_key.revoke", ("operator_key", id));
            record_here(&mut tx, entry).await?;
        }
        tx.commit().await?;
        Ok(revoked)
    }
}
