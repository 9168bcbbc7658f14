//! A new letter.

use chrono::{DateTime, Utc};
use domain::Entropy;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{place, row};
use crate::error::StorageError;
use crate::secrets::{Keyring, Sealed};
use crate::store::Store;

/// What a letter says, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    pub recipient: &'a str,
    pub kind: &'static str,
    /// Whether it is not even queued where its reader does without letters of this kind.
    pub is_optional: bool,
    /// Text that its sender understands.
    pub text: &'a str,
}

/// A letter to be sent. Whoever changes what it tells of queues it in the same transaction.
#[derive(Clone, Debug)]
pub struct NewMail {
    id: Uuid,
    recipient: String,
    kind: &'static str,
    is_optional: bool,
    payload: Sealed,
    expires_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
}

impl NewMail {
    /// Seals what it says.
    #[must_use]
    pub fn seal(
        keyring: &Keyring,
        id: Uuid,
        written: Written<'_>,
        (now, expires_at): (DateTime<Utc>, Option<DateTime<Utc>>),
        entropy: &dyn Entropy,
    ) -> Self {
        let Written { recipient, kind, is_optional, text } = written;
        let payload = keyring.seal(&place(&row(id)), text, entropy);
        Self { id, recipient: recipient.to_owned(), kind, is_optional, payload, expires_at, now }
    }

    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }
}

/// Queues letters in their maker's transaction, but for those that their readers do without, and rings for whoever sends them.
pub(crate) async fn queue(tx: &mut PgConnection, mails: &[NewMail]) -> Result<(), StorageError> {
    for mail in mails {
        let insert = sqlx::query!(
            "WITH mail AS (
                 INSERT INTO fresco.mail_outbox (id, recipient, kind, payload, created_at, expires_at, next_at)
                 SELECT $1, $2::text, $3::text, $4, $5, $6, $5
                 WHERE NOT ($7 AND fresco.letter_unwanted($2, $3)))
             SELECT pg_notify('fresco_mail', '')",
            mail.id,
            mail.recipient,
            mail.kind,
            mail.payload.clone().into_bytes(),
            mail.now,
            mail.expires_at,
            mail.is_optional,
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
