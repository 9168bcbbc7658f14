//! What access tokens are signed with. The private half lies sealed, and only who has the API's key file can sign.
//!
//! Two processes that rotate at once make two keys; both are good, and the newer one signs.

use chrono::{DateTime, Utc};
use domain::Entropy;
use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;

use crate::error::StorageError;
use crate::secrets::{Keyring, KeyringError, Place, Sealed};
use crate::store::Store;

/// A key that verifies at least.
#[derive(Clone, Debug)]
pub struct SigningKey {
    pub kid: String,
    pub public: [u8; 32],
    /// `None` if it doesn't open here: it was sealed with a key that the key file doesn't hold any more.
    pub private: Option<SecretString>,
    pub created_at: DateTime<Utc>,
    /// From then on it verifies nothing.
    pub retired_at: Option<DateTime<Utc>>,
}

/// A key to keep.
#[derive(Clone, Debug)]
pub struct NewSigningKey {
    pub kid: String,
    pub public: [u8; 32],
    pub private: SecretString,
    pub now: DateTime<Utc>,
}

impl Store {
    /// The keys that are not retired at `now`, the oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn signing_keys(&self, keyring: &Keyring, now: DateTime<Utc>) -> Result<Vec<SigningKey>, StorageError> {
        let query = sqlx::query!(
            "SELECT kid, public, sealed, created_at, retired_at FROM fresco.signing_keys
             WHERE retired_at IS NULL OR retired_at > $1 ORDER BY created_at, kid",
            now,
        );
        let rows = query.fetch_all(self.pool()).await?.into_iter();
        let keys = rows.map(|row| {
            let public = row.public.try_into();
            let public = public
                .map_err(|_| StorageError::corrupt("signing_keys", &row.kid, "a public half of another length"))?;
            let private = opened(&row.kid, keyring.open(&place(&row.kid), &Sealed::from_bytes(row.sealed)));
            Ok(SigningKey { public, private, created_at: row.created_at, retired_at: row.retired_at, kid: row.kid })
        });
        keys.collect()
    }

    /// Puts a new key in the others' place, unless one was made since `newer_than`: somebody else has rotated then.
    /// Those that have no successor yet verify until `retire_at`. Answers whether it was put.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn rotate_signing_key(
        &self,
        new: &NewSigningKey,
        (newer_than, retire_at): (DateTime<Utc>, DateTime<Utc>),
        (keyring, entropy): (&Keyring, &dyn Entropy),
    ) -> Result<bool, StorageError> {
        let sealed = keyring.seal(&place(&new.kid), new.private.expose_secret(), entropy);
        let mut tx = self.begin().await?;
        if !insert_key(&mut tx, new, sealed, newer_than).await? {
            return Ok(false);
        }
        // The retired ones go a day later.
        sqlx::query!(
            "WITH gone AS (DELETE FROM fresco.signing_keys WHERE retired_at < $3::timestamptz - interval '1 day')
             UPDATE fresco.signing_keys SET retired_at = $2 WHERE retired_at IS NULL AND kid <> $1",
            new.kid,
            retire_at,
            new.now,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn insert_key(
    tx: &mut PgConnection,
    new: &NewSigningKey,
    sealed: Sealed,
    newer_than: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let insert = sqlx::query!(
        "INSERT INTO fresco.signing_keys (kid, public, sealed, created_at)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM fresco.signing_keys WHERE retired_at IS NULL AND created_at > $5)",
        new.kid,
        new.public.as_slice(),
        sealed.into_bytes(),
        new.now,
        newer_than,
    );
    Ok(insert.execute(tx).await?.rows_affected() > 0)
}

fn place(kid: &str) -> Place<'_> {
    Place { table: "signing_keys", row: kid, column: "sealed" }
}

/// One that doesn't open goes on verifying.
fn opened(kid: &str, opened: Result<SecretString, KeyringError>) -> Option<SecretString> {
    opened.inspect_err(|error| tracing::warn!(kid, %error, "a signing key can't be used to sign any more")).ok()
}
