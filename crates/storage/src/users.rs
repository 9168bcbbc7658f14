//! Accounts.
//!
//! Before anybody is known, an account is found by its address ([`Store::find_login`]); from then on its own transactions are
//! begun for [`Scope::User`]. A password's hash is in no other answer than these two.

use chrono::{DateTime, Utc};
use domain::access::Standing;
use domain::{Email, OrganisationId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::NewEntry;
use crate::error::{StorageError, violated};
use crate::json::word;
use crate::organisations::found;
use crate::scope::Scope;
use crate::store::Store;

/// An account to be made, and the organisation that comes with it.
#[derive(Debug)]
pub struct NewUser {
    pub id: UserId,
    pub email: Email,
    pub name: String,
    /// argon2id, with its parameters.
    pub password_hash: Option<SecretString>,
    /// Set where somebody has shown that the address is theirs.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// `None`: they wait for the operator.
    pub approved_at: Option<DateTime<Utc>>,
    /// Of the terms that they accept with it.
    pub terms_version: Option<String>,
    /// Their personal organisation's.
    pub organisation: OrganisationId,
    pub now: DateTime<Utc>,
}

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Not to be told to whoever asked: that would tell who has an account.
    #[error("somebody has an account with this address")]
    EmailTaken,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// An account as its owner sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: UserId,
    /// `None`: the operator.
    pub email: Option<Email>,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub email_verified_at: Option<DateTime<Utc>>,
    pub last_login_at: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// `None`: they wait for the operator.
    pub approved_at: Option<DateTime<Utc>>,
    pub terms_version: Option<String>,
    pub terms_accepted_at: Option<DateTime<Utc>>,
    pub preferences: Map<String, Value>,
    pub metadata: Map<String, Value>,
}

/// What is known of an address when somebody signs in with it.
#[derive(Clone, Debug)]
pub struct LoginUser {
    pub id: UserId,
    pub email: Email,
    pub name: String,
    /// `None`: nobody signs in with a password.
    pub password_hash: Option<SecretString>,
    pub email_verified_at: Option<DateTime<Utc>>,
    pub disabled_at: Option<DateTime<Utc>>,
}

impl Store {
    /// Makes an account with its personal organisation, whose owner it is.
    ///
    /// # Errors
    /// [`CreateUserError::EmailTaken`]; nothing has changed then.
    pub async fn create_user(&self, new: &NewUser) -> Result<(), CreateUserError> {
        let mut tx = self.begin_as(Scope::User(new.id)).await?;
        insert_user(&mut tx, new).await?;
        let entry = NewEntry::done(None, "user.create", ("user", new.id.uuid())).called(new.email.as_str());
        self.record(&mut tx, Scope::User(new.id), entry).await?;
        tx.commit().await.map_err(StorageError::from)?;
        metrics::counter!("fresco_signups_total").increment(1);
        Ok(())
    }

    /// Who signs in with this address.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_login(&self, email: &Email) -> Result<Option<LoginUser>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT id AS "id!", email AS "email!", name AS "name!", password_hash, email_verified_at, disabled_at
               FROM fresco.user_by_email($1)"#,
            email.key(),
        );
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(None) };
        let id = UserId::from_uuid(row.id);
        Ok(Some(LoginUser {
            id,
            email: address(id, &row.email)?,
            name: row.name,
            password_hash: row.password_hash.map(SecretString::from),
            email_verified_at: row.email_verified_at,
            disabled_at: row.disabled_at,
        }))
    }

    /// One's own account, or one that the scope shows: a fellow member's.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_user(&self, scope: Scope, id: UserId) -> Result<Option<User>, StorageError> {
        let query = sqlx::query_as!(
            UserRow,
            "SELECT id, email, name, created_at, email_verified_at, last_login_at, disabled_at, approved_at, terms_version,
                    terms_accepted_at, preferences, metadata
             FROM fresco.users WHERE id = $1",
            id.uuid(),
        );
        let row = query.fetch_optional(&mut *self.begin_as(scope).await?).await?;
        row.map(User::try_from).transpose()
    }

    /// The hash of one's own password, to be compared before it is changed.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn password_hash_of(&self, user: UserId) -> Result<Option<SecretString>, StorageError> {
        let query = sqlx::query_scalar!("SELECT fresco.my_password_hash()");
        let hash = query.fetch_one(&mut *self.begin_as(Scope::User(user)).await?).await?;
        Ok(hash.map(SecretString::from))
    }
}

/// The account's row and its personal organisation; in a transaction of [`Scope::User`] of the new account.
pub(crate) async fn insert_user(tx: &mut PgConnection, new: &NewUser) -> Result<(), CreateUserError> {
    let insert = sqlx::query!(
        "INSERT INTO fresco.users (id, name, email, password_hash, created_at, email_verified_at, terms_version,
                                   terms_accepted_at, approved_at)
         VALUES ($1, $2, $3, $4, $5::timestamptz, $6, $7::text, CASE WHEN $7 IS NOT NULL THEN $5 END, $8)",
        new.id.uuid(),
        new.name,
        new.email.as_str(),
        new.password_hash.as_ref().map(ExposeSecret::expose_secret),
        new.now,
        new.email_verified_at,
        new.terms_version,
        new.approved_at,
    );
    match insert.execute(&mut *tx).await {
        Ok(_) => {}
        Err(error) if violated(&error) == Some("users_email_key") => return Err(CreateUserError::EmailTaken),
        Err(error) => return Err(CreateUserError::Storage(error.into())),
    }
    Ok(found(tx, new.organisation, (&new.name, true), new.id, new.now).await?)
}

/// An address from its column.
pub(crate) fn address(user: UserId, text: &str) -> Result<Email, StorageError> {
    Email::parse(text).map_err(|source| StorageError::corrupt("users", user, source))
}

/// How somebody stands with the operator, from what a function answers.
pub(crate) fn standing(user: UserId, text: &str) -> Result<Standing, StorageError> {
    word(text).map_err(|source| StorageError::corrupt("users", user, source))
}

pub(crate) struct UserRow {
    pub(crate) id: Uuid,
    pub(crate) email: Option<String>,
    pub(crate) name: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) email_verified_at: Option<DateTime<Utc>>,
    pub(crate) last_login_at: Option<DateTime<Utc>>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
    pub(crate) approved_at: Option<DateTime<Utc>>,
    pub(crate) terms_version: Option<String>,
    pub(crate) terms_accepted_at: Option<DateTime<Utc>>,
    pub(crate) preferences: Value,
    pub(crate) metadata: Value,
}

impl TryFrom<UserRow> for User {
    type Error = StorageError;

    fn try_from(row: UserRow) -> Result<Self, StorageError> {
        let id = UserId::from_uuid(row.id);
        let object =
            |value: Value| serde_json::from_value(value).map_err(|source| StorageError::corrupt("users", id, source));
        Ok(Self {
            id,
            email: row.email.as_deref().map(|text| address(id, text)).transpose()?,
            name: row.name,
            created_at: row.created_at,
            email_verified_at: row.email_verified_at,
            last_login_at: row.last_login_at,
            disabled_at: row.disabled_at,
            approved_at: row.approved_at,
            terms_version: row.terms_version,
            terms_accepted_at: row.terms_accepted_at,
            preferences: object(row.preferences)?,
            metadata: object(row.metadata)?,
        })
    }
}
