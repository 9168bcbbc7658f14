//! Which keys are in use: what a worker opens with, noted where the other side and whoever mends can compare.

use std::collections::BTreeMap;

use super::{KeyPrint, Keyring};
use crate::error::StorageError;
use crate::store::Store;

/// A key that a worker once had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    pub id: String,
    pub print: String,
    /// Whether the worker that started last had it.
    pub held: bool,
}

impl KnownKey {
    #[must_use]
    pub fn is(&self, key: &KeyPrint) -> bool {
        self.id == key.id && self.print == key.print
    }
}

impl Store {
    /// Notes the keys that this worker has from now on. One whose id was another key's stays noted as it was, and counts as
    /// not held.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn note_keys(&self, keyring: &Keyring) -> Result<(), StorageError> {
        let (ids, prints): (Vec<_>, Vec<_>) = keyring.prints().into_iter().map(|key| (key.id, key.print)).unzip();
        let mut tx = self.begin().await?;
        sqlx::query!("UPDATE fresco.sealing_keys SET held = false WHERE held AND id <> ALL ($1)", &ids)
            .execute(&mut *tx)
            .await?;
        sqlx::query!(
            "INSERT INTO fresco.sealing_keys AS k (id, print, held)
             SELECT id, print, true FROM unnest($1::text[], $2::text[]) given (id, print) ORDER BY id
             ON CONFLICT (id) DO UPDATE SET held = k.print = excluded.print",
            &ids,
            &prints,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// All keys that workers have had.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn known_keys(&self) -> Result<Vec<KnownKey>, StorageError> {
        let query = sqlx::query_as!(KnownKey, "SELECT id, print, held FROM fresco.sealing_keys ORDER BY id");
        Ok(query.fetch_all(self.pool()).await?)
    }

    /// How many secrets are sealed with each key, by its id. Only a worker may ask.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn sealed_with(&self) -> Result<BTreeMap<String, i64>, StorageError> {
        // As a blob is put together: a byte of format, a byte of length, the id.
        let query = sqlx::query!(
            r#"SELECT encode(substring(sealed FROM 3 FOR get_byte(sealed, 1)), 'escape') AS "id!", count(*) AS "count!"
               FROM fresco.tenant_secrets WHERE length(sealed) > 2 GROUP BY 1"#
        );
        Ok(query.fetch_all(self.pool()).await?.into_iter().map(|row| (row.id, row.count)).collect())
    }
}
