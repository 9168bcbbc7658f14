//! A new letter.

use chrono::{DateTime, Utc};
use domain::Entropy;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{place, row};
use crate::error::StorageError;
use crate::secrets::{Keyring, Sealed};
use crate::store::Store;

/// A letter to be sent. Whoever changes what it tells of queues it in the same transaction.
#[derive(Clone, Debug)]
pub struct NewMail {
    id: Uuid,
    recipient: String,
    kind: &'static str,
    payload: Sealed,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl NewMail {
    /// Seals what it says. `payload` is text that its sender understands.
    #[must_use]
    pub fn seal(
        keyring: &Keyring,
        id: Uuid,
        (recipient, kind, payload): (&str, &'static str, &str),
        (now, expires_at): (DateTime<Utc>, Option<DateTime<Utc>>),
        entropy: &dyn Entropy,
    ) -> Self {
        let payload = keyring.seal(&place(&row(id)), payload, entropy);
        Self { id, recipient: recipient.to_owned(), kind, payload, expires_at, now }
    }

    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

/// Queues letters in their maker's transaction, and rings for whoever sends them.
pub(crate) async fn queue(tx: &mut PgConnection, mails: &[NewMail]) -> Result<(), StorageError> {
    for mail in mails {
        let insert = sqlx::query!(
            "WITH mail AS (
                 INSERT INTO fresco.mail_outbox (id, recipient, kind, payload, created_at, expires_at, next_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $5))
             SELECT pg_notify('fresco_mail', '')",
            mail.id,
            mail.recipient,
            mail.kind,
            mail.payload.clone().into_bytes(),
            mail.now,
            mail.expires_at,
        );
        insert.execute(&mut *tx).await?;
    }
    Ok(())
}

impl Store {
    /// Queues letters that tell of nothing that is changed with them.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn queue_mails(&self, mails: &[NewMail]) -> Result<(), StorageError> {
        let mut tx = self.begin().await?;
        queue(&mut tx, mails).await?;
        Ok(tx.commit().await?)
    }
}
