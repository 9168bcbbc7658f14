//! Whose turn it is, and what came of it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use uuid::Uuid;

use super::{place, row};
use crate::claims::LeaseOwner;
use crate::error::StorageError;
use crate::json::without_nul;
use crate::secrets::{Keyring, KeyringError, Sealed};
use crate::store::Store;

const LONGEST_ERROR: usize = 1000;

/// A letter that is its holder's to send.
#[derive(Clone, Debug)]
pub struct DueMail {
    pub id: Uuid,
    pub recipient: String,
    pub kind: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    /// This one included.
    pub attempts: u32,
    owner: LeaseOwner,
    payload: Sealed,
}

impl DueMail {
    /// What it says.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn open(&self, keyring: &Keyring) -> Result<SecretString, KeyringError> {
        keyring.open(&place(&row(self.id)), &self.payload)
    }
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailOutcome<'a> {
    Sent,
    /// Not yet; to be tried again after the given time.
    Later(&'a str, Duration),
    /// Nobody tries again unless the operator asks for it.
    GivenUp(&'a str),
}

impl Store {
    /// Takes the letter that has been due for longest, and counts the attempt; nobody else gets it while the lease lasts.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn claim_mail(&self, owner: LeaseOwner, lease: Duration) -> Result<Option<DueMail>, StorageError> {
        let claim = sqlx::query!(
            r#"UPDATE fresco.mail_outbox
               SET lease_owner = $1, lease_until = now() + make_interval(secs => $2), attempts = attempts + 1
               WHERE id = (
                   SELECT id FROM fresco.mail_outbox
                   WHERE sent_at IS NULL AND failed_at IS NULL AND next_at <= now()
                     AND coalesce(lease_until < now(), true)
                   ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
               RETURNING id, recipient, kind, payload AS "payload!", created_at, expires_at, attempts"#,
            owner.0,
            lease.as_secs_f64(),
        );
        let row = claim.fetch_optional(self.pool()).await?;
        Ok(row.map(|row| DueMail {
            id: row.id,
            recipient: row.recipient,
            kind: row.kind,
            created_at: row.created_at,
            expires_at: row.expires_at,
            attempts: row.attempts.unsigned_abs(),
            owner,
            payload: Sealed::from_bytes(row.payload),
        }))
    }

    /// Keeps what came of it; `false` if somebody else has taken it over meanwhile.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn finish_mail(
        &self,
        mail: &DueMail,
        outcome: MailOutcome<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let (error, after) = match outcome {
            MailOutcome::Sent => (None, None),
            MailOutcome::Later(why, after) => (Some(why), Some(after.as_secs_f64())),
            MailOutcome::GivenUp(why) => (Some(why), None),
        };
        let error = error.map(|why| without_nul(why).chars().take(LONGEST_ERROR).collect::<String>());
        let update = sqlx::query!(
            "UPDATE fresco.mail_outbox
             SET lease_owner = NULL, lease_until = NULL, error = $4,
                 sent_at = CASE WHEN $4::text IS NULL THEN $5::timestamptz END,
                 payload = CASE WHEN $4::text IS NULL THEN NULL ELSE payload END,
                 failed_at = CASE WHEN $4::text IS NOT NULL AND $6::float8 IS NULL THEN $5 END,
                 next_at = now() + make_interval(secs => coalesce($6, 0))
             WHERE id = $1 AND lease_owner = $2 AND attempts = $3",
            mail.id,
            mail.owner.0,
            i32::try_from(mail.attempts).unwrap_or(i32::MAX),
            error,
            now,
            after,
        );
        Ok(update.execute(self.pool()).await?.rows_affected() == 1)
    }

    /// Gives a letter back that was not tried after all: its holder was told to end.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn release_mail(&self, mail: &DueMail) -> Result<(), StorageError> {
        let release = sqlx::query!(
            "UPDATE fresco.mail_outbox SET lease_owner = NULL, lease_until = NULL
             WHERE id = $1 AND lease_owner = $2 AND attempts = $3",
            mail.id,
            mail.owner.0,
            i32::try_from(mail.attempts).unwrap_or(i32::MAX),
        );
        release.execute(self.pool()).await?;
        Ok(())
    }

    /// How long until the next one is due or its holder's lease lapses; `None`: nothing waits.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn next_mail_in(&self) -> Result<Option<Duration>, StorageError> {
        let query = sqlx::query_scalar!(
            "SELECT extract(epoch FROM min(greatest(next_at, lease_until)) - now())::float8
             FROM fresco.mail_outbox WHERE sent_at IS NULL AND failed_at IS NULL"
        );
        let seconds = query.fetch_one(self.pool()).await?;
        Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }

    /// Forgets letters that were sent, or given up, before then; how many.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn prune_mails(&self, before: DateTime<Utc>) -> Result<u64, StorageError> {
        let delete = sqlx::query!("DELETE FROM fresco.mail_outbox WHERE coalesce(sent_at, failed_at) < $1", before);
        Ok(delete.execute(self.pool()).await?.rows_affected())
    }
}
