//! What was answered to a request with an idempotency key.
//!
//! A request is one attempt, which holds its key for a while. It ends with the answer that is kept, or it is let go. Of one
//! that ended without a word (its process died) the audit log says whether it had done what it was for: what changes
//! something writes its line, with the attempt, in the same transaction. And one that was taken over can't do it any more:
//! the database refuses its line, and with it the rest.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Entropy;
use secrecy::SecretString;
use uuid::Uuid;

use crate::error::StorageError;
use crate::secrets::{Keyring, KeyringError, Place, Sealed};
use crate::store::Store;

/// A request with a key.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    /// Who asks, as in `user:…`.
    pub principal: String,
    pub operation: String,
    pub key: String,
    /// SHA-256 of what is asked.
    pub request: [u8; 32],
    pub attempt: Uuid,
    pub now: DateTime<Utc>,
}

/// What is to be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first, or those before it have done nothing: do it.
    Mine,
    /// It was answered.
    Answered(KeptAnswer),
    /// Another one with this key is under way.
    UnderWay,
    /// The key was used for something else.
    Mismatch,
    /// It was done, and whoever did it died before the answer was kept.
    AnswerLost,
}

/// An answer, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    attempt: Uuid,
    sealed: Sealed,
}

impl KeptAnswer {
    /// # Errors
    /// [`KeyringError`].
    pub fn open(&self, keyring: &Keyring) -> Result<SecretString, KeyringError> {
        keyring.open(&place(&self.attempt.simple().to_string()), &self.sealed)
    }
}

fn place(row: &str) -> Place<'_> {
    Place { table: "idempotency_keys", row, column: "answer" }
}

impl Store {
    /// Begins an attempt, which nobody takes over while the lease lasts.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn begin_idempotent(&self, new: &IdempotentRequest, lease: Duration) -> Result<Begun, StorageError> {
        let take = sqlx::query_scalar!(
            "INSERT INTO fresco.idempotency_keys AS k
                 (principal, operation, key, request, attempt, lease_until, created_at)
             VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), $7)
             ON CONFLICT (principal, operation, key) DO UPDATE
             SET attempt = excluded.attempt, lease_until = excluded.lease_until
             WHERE k.answer IS NULL AND k.lease_until <= now() AND k.request = excluded.request
               AND NOT fresco.was_done(k.attempt)
             RETURNING attempt",
            new.principal,
            new.operation,
            new.key,
            new.request.as_slice(),
            new.attempt,
            lease.as_secs_f64(),
            new.now,
        );
        if take.fetch_optional(self.pool()).await?.is_some() {
            return Ok(Begun::Mine);
        }
        let query = sqlx::query!(
            r#"SELECT request, attempt, answer, lease_until > now() AS "held!" FROM fresco.idempotency_keys
               WHERE principal = $1 AND operation = $2 AND key = $3"#,
            new.principal,
            new.operation,
            new.key,
        );
        // Pruned meanwhile: whoever asks again begins anew.
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(Begun::UnderWay) };
        Ok(match row.answer {
            _ if row.request != new.request => Begun::Mismatch,
            Some(sealed) => Begun::Answered(KeptAnswer { attempt: row.attempt, sealed: Sealed::from_bytes(sealed) }),
            None if row.held => Begun::UnderWay,
            None => Begun::AnswerLost,
        })
    }

    /// Keeps the answer of an attempt; nothing, if it was taken over.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn keep_answer(
        &self,
        attempt: Uuid,
        answer: &str,
        (keyring, entropy): (&Keyring, &dyn Entropy),
    ) -> Result<(), StorageError> {
        let sealed = keyring.seal(&place(&attempt.simple().to_string()), answer, entropy);
        let update = sqlx::query!(
            "UPDATE fresco.idempotency_keys SET answer = $2 WHERE attempt = $1",
            attempt,
            sealed.into_bytes()
        );
        update.execute(self.pool()).await?;
        Ok(())
    }

    /// Lets an attempt go that has no answer worth keeping: the next one with its key begins at once, unless this one has done
    /// what it was for all the same.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn let_go(&self, attempt: Uuid) -> Result<(), StorageError> {
        let update = sqlx::query!("UPDATE fresco.idempotency_keys SET lease_until = now() WHERE attempt = $1", attempt);
        update.execute(self.pool()).await?;
        Ok(())
    }

    /// Forgets what was asked before then; how much.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn prune_answers(&self, before: DateTime<Utc>) -> Result<u64, StorageError> {
        let delete = sqlx::query!("DELETE FROM fresco.idempotency_keys WHERE created_at < $1", before);
        Ok(delete.execute(self.pool()).await?.rows_affected())
    }
}
