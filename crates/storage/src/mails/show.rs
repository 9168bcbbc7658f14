//! The operator's view.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use uuid::Uuid;

use super::{place, row};
use crate::error::StorageError;
use crate::page::{Page, Part};
use crate::secrets::{Keyring, KeyringError, Sealed};
use crate::store::Store;

/// How a letter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailState {
    Waiting,
    Sent,
    Failed,
}

impl MailState {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// A letter, without what it says.
#[derive(Clone, Debug)]
pub struct Mail {
    pub id: Uuid,
    pub recipient: String,
    pub kind: String,
    pub created_at: DateTime<Utc>,
    pub attempts: u32,
    pub next_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
    pub failed_at: Option<DateTime<Utc>>,
    /// Why the last attempt did not send it.
    pub error: Option<String>,
    payload: Option<Sealed>,
}

impl Mail {
    #[must_use]
    pub const fn state(&self) -> MailState {
        match (self.sent_at, self.failed_at) {
            (Some(_), _) => MailState::Sent,
            (None, Some(_)) => MailState::Failed,
            (None, None) => MailState::Waiting,
        }
    }

    /// What it says; `None` once it is sent.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn open(&self, keyring: &Keyring) -> Result<Option<SecretString>, KeyringError> {
        self.payload.as_ref().map(|payload| keyring.open(&place(&row(self.id)), payload)).transpose()
    }
}

struct MailRow {
    id: Uuid,
    recipient: String,
    kind: String,
    payload: Option<Vec<u8>>,
    created_at: DateTime<Utc>,
    attempts: i32,
    next_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
    failed_at: Option<DateTime<Utc>>,
    error: Option<String>,
}

impl From<MailRow> for Mail {
    fn from(row: MailRow) -> Self {
        Self {
            id: row.id,
            recipient: row.recipient,
            kind: row.kind,
            created_at: row.created_at,
            attempts: row.attempts.unsigned_abs(),
            next_at: row.next_at,
            sent_at: row.sent_at,
            failed_at: row.failed_at,
            error: row.error,
            payload: row.payload.map(Sealed::from_bytes),
        }
    }
}

impl Store {
    /// Letters, the newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_mails(&self, state: Option<MailState>, part: Part) -> Result<Page<Mail>, StorageError> {
        let query = sqlx::query_as!(
            MailRow,
            "SELECT id, recipient, kind, NULL::bytea AS payload, created_at, attempts, next_at, sent_at, failed_at, error
             FROM fresco.mail_outbox
             WHERE ($1::text IS NULL OR $1 = CASE WHEN sent_at IS NOT NULL THEN 'sent'
                                                  WHEN failed_at IS NOT NULL THEN 'failed' ELSE 'waiting' END)
               AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3))
             ORDER BY created_at DESC, id DESC LIMIT $4",
            state.map(MailState::as_str),
            part.created_at(),
            part.id(),
            part.rows(),
        );
        let items: Vec<Mail> = query.fetch_all(self.pool()).await?.into_iter().map(Mail::from).collect();
        Ok(part.page(items, |mail| (mail.created_at, mail.id)))
    }

    /// One letter.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_mail(&self, id: Uuid) -> Result<Option<Mail>, StorageError> {
        let query = sqlx::query_as!(
            MailRow,
            "SELECT id, recipient, kind, payload, created_at, attempts, next_at, sent_at, failed_at, error
             FROM fresco.mail_outbox WHERE id = $1",
            id,
        );
        Ok(query.fetch_optional(self.pool()).await?.map(Mail::from))
    }

    /// Has a letter that waits or was given up tried again at once, as if for the first time; `false` if there is none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn retry_mail(&self, id: Uuid) -> Result<bool, StorageError> {
        let update = sqlx::query_scalar!(
            r#"WITH mail AS (
                   UPDATE fresco.mail_outbox
                   SET failed_at = NULL, next_at = now(), attempts = 0, lease_owner = NULL, lease_until = NULL
                   WHERE id = $1 AND sent_at IS NULL RETURNING id)
               SELECT count(*) AS "count!" FROM mail, pg_notify('fresco_mail', '')"#,
            id,
        );
        Ok(update.fetch_one(self.pool()).await? == 1)
    }
}
