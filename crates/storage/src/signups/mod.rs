//! Drafts of people who are signing up, and the names held for them.
//!
//! A draft is nobody's in particular: whoever shows its token may read and change it, until it expires. The name it wishes for
//! is held as long, and one draft holds one name. A finished draft is deployed once, however often that is asked.

mod deploy;
mod names;

use chrono::{DateTime, Utc};
use domain::wizard::Draft;
use domain::{DeploymentId, Email, SignupId, TenantId, UserId};
use uuid::Uuid;

use crate::error::StorageError;
use crate::json::json;
use crate::mails::NewMail;
use crate::mails::queue::queue;
use crate::scope::Scope;
use crate::store::Store;

pub use deploy::{DeployError, Deployed};
pub use names::NameState;
pub(crate) use names::name_state;

/// A draft that has not expired.
#[derive(Clone, Debug, PartialEq)]
pub struct Signup {
    pub id: SignupId,
    pub email: Email,
    pub draft: Draft,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// What became of it.
    pub deployed: Option<(TenantId, DeploymentId)>,
}

/// A draft to be kept.
#[derive(Clone)]
pub struct NewSignup {
    pub id: SignupId,
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    pub email: Email,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for NewSignup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSignup").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why an answer was not kept.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    #[error("there is no such draft any more")]
    NotFound,
    /// Somebody else has the name, or is to get it.
    #[error("the name is not to be had")]
    NameRefused(NameState),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for AnswerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

struct SignupRow {
    id: Uuid,
    email: String,
    draft: serde_json::Value,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    tenant_id: Option<Uuid>,
    deployment_id: Option<Uuid>,
}

impl TryFrom<SignupRow> for Signup {
    type Error = StorageError;

    fn try_from(row: SignupRow) -> Result<Self, StorageError> {
        let corrupt = |source: Box<dyn std::error::Error + Send + Sync>| {
            StorageError::corrupt("signup_sessions", SignupId::from_uuid(row.id), source)
        };
        Ok(Self {
            id: SignupId::from_uuid(row.id),
            email: Email::parse(&row.email).map_err(|error| corrupt(error.into()))?,
            draft: serde_json::from_value(row.draft).map_err(|error| corrupt(error.into()))?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            deployed: row
                .tenant_id
                .zip(row.deployment_id)
                .map(|(tenant, deployment)| (TenantId::from_uuid(tenant), DeploymentId::from_uuid(deployment))),
        })
    }
}

impl Store {
    /// Keeps a new draft, and queues the letter with its link.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn create_signup(&self, new: &NewSignup, letter: NewMail) -> Result<(), StorageError> {
        let insert = sqlx::query!(
            "INSERT INTO fresco.signup_sessions (id, hash, email, created_at, updated_at, expires_at)
             VALUES ($1, $2, $3, $4, $4, $5)",
            new.id.uuid(),
            new.hash.as_slice(),
            new.email.as_str(),
            new.now,
            new.expires_at,
        );
        let mut tx = self.begin().await?;
        insert.execute(&mut *tx).await?;
        queue(&mut tx, &[letter]).await?;
        Ok(tx.commit().await?)
    }

    /// The draft with this id whose token has this hash, if it has not expired at `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_signup(
        &self,
        (id, hash): (SignupId, &[u8; 32]),
        now: DateTime<Utc>,
    ) -> Result<Option<Signup>, StorageError> {
        let query = sqlx::query_as!(
            SignupRow,
            "SELECT id, email, draft, created_at, expires_at, tenant_id, deployment_id FROM fresco.signup_sessions
             WHERE id = $1 AND hash = $2 AND expires_at > $3",
            id.uuid(),
            hash.as_slice(),
            now,
        );
        query.fetch_optional(self.pool()).await?.map(Signup::try_from).transpose()
    }

    /// The draft with this id if it names the verified address of this person, whom `scope` is for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_signup_of(
        &self,
        scope: Scope,
        (id, user): (SignupId, UserId),
        now: DateTime<Utc>,
    ) -> Result<Option<Signup>, StorageError> {
        let mut tx = self.begin_as(scope).await?;
        let query = sqlx::query_as!(
            SignupRow,
            "SELECT s.id, s.email, s.draft, s.created_at, s.expires_at, s.tenant_id, s.deployment_id
             FROM fresco.signup_sessions s JOIN fresco.users u ON lower(u.email) = lower(s.email)
             WHERE s.id = $1 AND u.id = $2 AND u.email_verified_at IS NOT NULL
               AND (s.expires_at > $3 OR s.tenant_id IS NOT NULL)",
            id.uuid(),
            user.uuid(),
            now,
        );
        query.fetch_optional(&mut *tx).await?.map(Signup::try_from).transpose()
    }

    /// Keeps a draft's answers, and holds the name they wish for; until `expires_at` both.
    ///
    /// # Errors
    /// [`AnswerError`]; nothing has changed then.
    pub async fn answer_signup(
        &self,
        id: SignupId,
        draft: &Draft,
        (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), AnswerError> {
        let mut tx = self.begin().await?;
        let update = sqlx::query!(
            "UPDATE fresco.signup_sessions SET draft = $2, updated_at = $3, expires_at = $4
             WHERE id = $1 AND expires_at > $3 AND tenant_id IS NULL",
            id.uuid(),
            json(draft),
            now,
            expires_at,
        );
        if update.execute(&mut *tx).await?.rows_affected() == 0 {
            return Err(AnswerError::NotFound);
        }
        if let Some(subdomain) = &draft.subdomain {
            names::hold(&mut tx, id, subdomain, (now, expires_at)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Forgets drafts that had expired at `now`, and with them the names they held; answers how many.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn prune_signups(&self, now: DateTime<Utc>) -> Result<u64, StorageError> {
        let delete = sqlx::query!("DELETE FROM fresco.signup_sessions WHERE expires_at <= $1", now);
        Ok(delete.execute(self.pool()).await?.rows_affected())
    }
}
