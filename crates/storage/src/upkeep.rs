//! Forgetting what proved who somebody was, once it proves nothing any more.

use chrono::{DateTime, Utc};

use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

/// Rows of one kind that go at once: what is left goes the next time, and no statement takes long.
const AT_ONCE: i64 = 10_000;

/// How many rows were forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// That have ended, with their refresh tokens.
    pub sessions: u64,
    /// Of sessions that go on, used long ago.
    pub refresh_tokens: u64,
    /// Of mailed links.
    pub user_tokens: u64,
    pub device_codes: u64,
    /// To make an account.
    pub invitations: u64,
    pub rate_limits: u64,
}

impl Forgotten {
    #[must_use]
    pub const fn all(&self) -> u64 {
        self.sessions + self.refresh_tokens + self.user_tokens + self.device_codes + self.invitations + self.rate_limits
    }
}

impl Store {
    /// Forgets sessions that ended, and refresh tokens that were used, before `before`, and what had expired at `now`.
    ///
    /// Until then a refresh token that comes a second time shows a theft; later it is merely unknown.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn forget_proofs(&self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<Forgotten, StorageError> {
        let query = sqlx::query_as!(
            ForgottenRow,
            r#"WITH sessions AS (
                 DELETE FROM fresco.sessions WHERE id IN (
                     SELECT id FROM fresco.sessions WHERE coalesce(revoked_at, expires_at) < $1 LIMIT $3) RETURNING id),
             refresh_tokens AS (
                 DELETE FROM fresco.refresh_tokens WHERE hash IN (
                     SELECT t.hash FROM fresco.refresh_tokens t JOIN fresco.sessions s ON s.id = t.session_id
                     WHERE t.used_at < $1 AND coalesce(s.revoked_at, s.expires_at) >= $1 LIMIT $3) RETURNING hash),
             user_tokens AS (
                 DELETE FROM fresco.user_tokens WHERE hash IN (
                     SELECT hash FROM fresco.user_tokens WHERE expires_at <= $2 LIMIT $3) RETURNING hash),
             device_codes AS (
                 DELETE FROM fresco.device_codes WHERE hash IN (
                     SELECT hash FROM fresco.device_codes WHERE expires_at <= $2 LIMIT $3) RETURNING hash),
             invitations AS (
                 DELETE FROM fresco.signup_invitations WHERE address IN (
                     SELECT address FROM fresco.signup_invitations WHERE expires_at <= $2 LIMIT $3) RETURNING address),
             rate_limits AS (
                 DELETE FROM fresco.rate_limits WHERE key IN (
                     SELECT key FROM fresco.rate_limits WHERE arrival < $2 LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING key)
             SELECT (SELECT count(*) FROM sessions) AS "sessions!",
                    (SELECT count(*) FROM refresh_tokens) AS "refresh_tokens!",
                    (SELECT count(*) FROM user_tokens) AS "user_tokens!",
                    (SELECT count(*) FROM device_codes) AS "device_codes!",
                    (SELECT count(*) FROM invitations) AS "invitations!",
                    (SELECT count(*) FROM rate_limits) AS "rate_limits!""#,
            before,
            now,
            AT_ONCE,
        );
        // The operator's invitations are the operator's to forget.
        let mut tx = self.begin_as(Scope::Operator).await?;
        let row = query.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(row.into())
    }
}

struct ForgottenRow {
    sessions: i64,
    refresh_tokens: i64,
    user_tokens: i64,
    device_codes: i64,
    invitations: i64,
    rate_limits: i64,
}

impl From<ForgottenRow> for Forgotten {
    fn from(row: ForgottenRow) -> Self {
        Self {
            sessions: row.sessions.unsigned_abs(),
            refresh_tokens: row.refresh_tokens.unsigned_abs(),
            user_tokens: row.user_tokens.unsigned_abs(),
            device_codes: row.device_codes.unsigned_abs(),
            invitations: row.invitations.unsigned_abs(),
            rate_limits: row.rate_limits.unsigned_abs(),
        }
    }
}
