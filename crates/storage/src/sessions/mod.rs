//! Log-ins: begun, renewed, listed, ended; and what else proves who somebody is.
//!
//! | module | what it answers |
//! |---|---|
//! | here | a session's life: create, find, list, revoke |
//! | [`shown`] | whom one stands for, at every request |
//! | [`refresh`] | the one token that renews it, and the theft that using one twice shows |
//! | [`signing_keys`] | what access tokens are signed with |
//! | [`user_tokens`] | what mailed links carry |
//! | [`device`] | programs that want a key of somebody's |
//! | [`totp`] | the second factor and its recovery codes |
//!
//! Invariants: tokens and codes are kept as SHA-256, keys and secrets sealed; whatever is good once is used up by the
//! statement that looks whether it is good, so that of two who come at once one is refused.

pub mod device;
pub mod refresh;
mod shown;
pub mod signing_keys;
pub mod totp;
pub mod user_tokens;

pub use shown::ShownSession;

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use domain::{OrganisationId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::json::without_nul;
use crate::page::{Page, Part};
use crate::scope::Scope;
use crate::store::Store;

/// How much is kept of what a browser says it is.
const LONGEST_USER_AGENT: usize = 256;

/// A log-in as it is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub user: UserId,
    /// Where they act as a member of; `None`: nowhere in particular.
    pub organisation: Option<OrganisationId>,
    /// Whether it outlives the browser.
    pub remembered: bool,
    pub created_at: DateTime<Utc>,
    /// When its access token was renewed last.
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub seen: Seen,
}

/// Where somebody comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub address: String,
    pub user_agent: String,
}

impl Seen {
    /// What of it is kept.
    #[must_use]
    pub fn new(address: IpAddr, user_agent: &str) -> Self {
        let user_agent = without_nul(user_agent);
        let end = (0..=LONGEST_USER_AGENT.min(user_agent.len())).rev().find(|end| user_agent.is_char_boundary(*end));
        let user_agent = user_agent[..end.unwrap_or_default()].to_owned();
        Self { address: address.to_canonical().to_string(), user_agent }
    }
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: SessionId,
    pub user: UserId,
    pub organisation: Option<OrganisationId>,
    pub remembered: bool,
    /// SHA-256 of its first refresh token.
    pub refresh: refresh::TokenHash,
    pub seen: Seen,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Why a session has ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    LoggedOut,
    /// From another session.
    Revoked,
    /// A refresh token came a second time: one of the two who had it has stolen it.
    TokenReused,
    PasswordChanged,
    PasswordReset,
}

impl Ended {
    const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Revoked => "revoked",
            Self::TokenReused => "token_reused",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
        }
    }
}

struct SessionRow {
    id: Uuid,
    user_id: Uuid,
    organisation_id: Option<Uuid>,
    remembered: bool,
    created_at: DateTime<Utc>,
    last_used_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    address: String,
    user_agent: String,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: SessionId::from_uuid(row.id),
            user: UserId::from_uuid(row.user_id),
            organisation: row.organisation_id.map(OrganisationId::from_uuid),
            remembered: row.remembered,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            seen: Seen { address: row.address, user_agent: row.user_agent },
        }
    }
}

impl Store {
    /// Begins a session.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn create_session(&self, new: &NewSession) -> Result<(), StorageError> {
        let mut tx = self.begin().await?;
        insert_session(&mut tx, new).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A user's sessions that are good at `now`, the newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_sessions(
        &self,
        user: UserId,
        now: DateTime<Utc>,
        part: Part,
    ) -> Result<Page<Session>, StorageError> {
        let query = sqlx::query_as!(
            SessionRow,
            "SELECT id, user_id, organisation_id, remembered, created_at, last_used_at, expires_at, address, user_agent
             FROM fresco.sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
               AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
             ORDER BY created_at DESC, id DESC LIMIT $5",
            user.uuid(),
            now,
            part.created_at(),
            part.id(),
            part.rows(),
        );
        let items: Vec<Session> = query.fetch_all(self.pool()).await?.into_iter().map(Session::from).collect();
        Ok(part.page(items, |session| (session.created_at, session.id.uuid())))
    }

    /// Ends one of a user's sessions; `false` if they have none with this id that is good.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn revoke_session(
        &self,
        user: UserId,
        session: SessionId,
        because: Ended,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        let update = sqlx::query!(
            "UPDATE fresco.sessions SET revoked_at = $4, revoked_because = $3
             WHERE id = $2 AND user_id = $1 AND revoked_at IS NULL AND expires_at > $4",
            user.uuid(),
            session.uuid(),
            because.as_str(),
            now,
        );
        if update.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        self.record(&mut tx, scope, NewEntry::done(None, "session.revoke", ("session", session.uuid()))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends all of a user's sessions, but not `kept`; answers how many.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn revoke_sessions(
        &self,
        user: UserId,
        kept: Option<SessionId>,
        because: Ended,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        let ended = end_sessions(&mut tx, user, kept, (because, now)).await?;
        let entry = NewEntry::done(None, "session.revoke_all", ("user", user.uuid()));
        self.record(&mut tx, scope, entry.with(json!({ "ended": ended }))).await?;
        tx.commit().await?;
        Ok(ended)
    }
}

/// With its first refresh token.
pub(crate) async fn insert_session(tx: &mut PgConnection, new: &NewSession) -> Result<(), StorageError> {
    let insert = sqlx::query!(
        "WITH session AS (
             INSERT INTO fresco.sessions (id, user_id, organisation_id, remembered, address, user_agent, created_at,
                                          last_used_at, expires_at)
             VALUES ($1, $2, $3, $4, $6, $7, $9, $9, $8) RETURNING id)
         INSERT INTO fresco.refresh_tokens (hash, session_id, created_at) SELECT $5, id, $9 FROM session",
        new.id.uuid(),
        new.user.uuid(),
        new.organisation.map(OrganisationId::uuid),
        new.remembered,
        new.refresh.0.as_slice(),
        new.seen.address,
        new.seen.user_agent,
        new.expires_at,
        new.now,
    );
    insert.execute(tx).await?;
    Ok(())
}

/// Answers how many there were.
pub(crate) async fn end_sessions(
    tx: &mut PgConnection,
    user: UserId,
    kept: Option<SessionId>,
    (because, now): (Ended, DateTime<Utc>),
) -> Result<u64, StorageError> {
    let update = sqlx::query!(
        "UPDATE fresco.sessions SET revoked_at = $4, revoked_because = $3
         WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL AND expires_at > $4",
        user.uuid(),
        kept.map(SessionId::uuid),
        because.as_str(),
        now,
    );
    let ended = update.execute(&mut *tx).await?.rows_affected();
    // What was approved from one of them, and not fetched yet.
    sqlx::query!("DELETE FROM fresco.device_codes WHERE approved_by = $1", user.uuid()).execute(tx).await?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_says_is_cut_between_its_letters() {
        let seen = Seen::new("::ffff:192.0.2.1".parse().unwrap(), &format!("a\0{}", "ü".repeat(200)));
        assert_eq!(seen.address, "192.0.2.1");
        assert!(seen.user_agent.starts_with("a\u{fffd}ü") && seen.user_agent.len() <= LONGEST_USER_AGENT);
        assert_eq!(Seen::new("::1".parse().unwrap(), "").user_agent, "");
    }
}
