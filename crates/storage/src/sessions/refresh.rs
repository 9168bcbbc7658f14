//! Refresh tokens: each is good for one use, which makes the next one of its session.

use chrono::{DateTime, Utc};
use domain::{SessionId, UserId};
use serde_json::json;

use super::{Ended, Seen, Session, SessionRow};
use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

/// SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash")
    }
}

/// One token for the next.
#[derive(Clone, Debug)]
pub struct Renewal {
    pub shown: TokenHash,
    pub next: TokenHash,
    pub seen: Seen,
    pub now: DateTime<Utc>,
    /// Until when a session is good that is renewed now: one that was to be remembered, and any other.
    pub remembered_until: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// What became of a token that somebody showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    Session(Session),
    /// It was used before: its session, if it had not ended already, has ended now, and both who had the token must log in.
    Reused,
    /// It is none of ours, or its session has ended.
    Unknown,
}

impl Store {
    /// Takes a token for the next one.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn renew_session(&self, renewal: &Renewal) -> Result<Renewed, StorageError> {
        // Two who come at once wait for each other at the token's row, and the second finds it used.
        let query = sqlx::query_as!(
            SessionRow,
            "WITH token AS (
                 UPDATE fresco.refresh_tokens t SET used_at = $3 FROM fresco.sessions s
                 WHERE t.hash = $1 AND t.used_at IS NULL
                   AND s.id = t.session_id AND s.revoked_at IS NULL AND s.expires_at > $3
                 RETURNING t.session_id),
             next AS (
                 INSERT INTO fresco.refresh_tokens (hash, session_id, created_at) SELECT $2, session_id, $3 FROM token)
             UPDATE fresco.sessions s
                SET last_used_at = $3, address = $6, user_agent = $7,
                    expires_at = CASE WHEN remembered THEN $4::timestamptz ELSE $5 END
               FROM token WHERE s.id = token.session_id AND s.revoked_at IS NULL
             RETURNING s.id, s.user_id, s.organisation_id, s.remembered, s.created_at, s.last_used_at, s.expires_at,
                       s.address, s.user_agent",
            renewal.shown.0.as_slice(),
            renewal.next.0.as_slice(),
            renewal.now,
            renewal.remembered_until,
            renewal.until,
            renewal.seen.address,
            renewal.seen.user_agent,
        );
        match query.fetch_optional(self.pool()).await? {
            Some(row) => Ok(Renewed::Session(row.into())),
            None => self.look_for_theft(renewal).await,
        }
    }

    /// Ends the session of a token that was used before.
    async fn look_for_theft(&self, renewal: &Renewal) -> Result<Renewed, StorageError> {
        let update = sqlx::query!(
            r#"WITH used AS (
                 SELECT session_id FROM fresco.refresh_tokens WHERE hash = $1 AND used_at IS NOT NULL),
             ended AS (
                 UPDATE fresco.sessions s SET revoked_at = $2, revoked_because = $3
                 FROM used WHERE s.id = used.session_id AND s.revoked_at IS NULL AND s.expires_at > $2
                 RETURNING s.id, s.user_id)
             SELECT ended.id AS "session?", ended.user_id AS "user?" FROM used LEFT JOIN ended ON true"#,
            renewal.shown.0.as_slice(),
            renewal.now,
            Ended::TokenReused.as_str(),
        );
        let mut tx = self.begin().await?;
        let Some(used) = update.fetch_optional(&mut *tx).await? else { return Ok(Renewed::Unknown) };
        if let Some((session, user)) = used.session.zip(used.user) {
            // Which of the two who had it came now, nobody knows.
            let entry = NewEntry::done(None, "session.end_reused", ("user", user));
            self.record_of_a_stranger(&mut tx, entry.with(json!({ "session": SessionId::from_uuid(session) }))).await?;
        }
        tx.commit().await?;
        Ok(Renewed::Reused)
    }

    /// Whose session a token is of, used or not, if that is good.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn session_owner(&self, token: TokenHash, now: DateTime<Utc>) -> Result<Option<UserId>, StorageError> {
        let query = sqlx::query_scalar!(
            "SELECT s.user_id FROM fresco.refresh_tokens t JOIN fresco.sessions s ON s.id = t.session_id
             WHERE t.hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2",
            token.0.as_slice(),
            now,
        );
        Ok(query.fetch_optional(self.pool()).await?.map(UserId::from_uuid))
    }

    /// Ends the session of a token, used or not; `false` if it has none that is good.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn end_session_of(&self, token: TokenHash, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.sessions s SET revoked_at = $2, revoked_because = $3 FROM fresco.refresh_tokens t
             WHERE t.hash = $1 AND s.id = t.session_id AND s.revoked_at IS NULL AND s.expires_at > $2
             RETURNING s.id, s.user_id",
            token.0.as_slice(),
            now,
            Ended::LoggedOut.as_str(),
        );
        let mut tx = self.begin().await?;
        let Some(ended) = update.fetch_optional(&mut *tx).await? else { return Ok(false) };
        let scope = Scope::User(UserId::from_uuid(ended.user_id));
        self.record(&mut tx, scope, NewEntry::done(None, "session.end", ("session", ended.id))).await?;
        tx.commit().await?;
        Ok(true)
    }
}
