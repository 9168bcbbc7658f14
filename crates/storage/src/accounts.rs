//! What people do with their own account. Each is one transaction: the change, its letters, its line in the audit log.
//!
//! Before somebody is known, a link's token says whose it is ([`Store::whose_token`]); it is used up by the transaction that
//! does what it is for. Invariant: nobody gets in by what somebody else has set before the address was shown to be theirs. So an
//! address is verified for whoever has shown to have made the account, too (which is asked by who calls
//! [`Store::verify_email`]), and a reset of an account that was not verified takes sessions, second factor and keys away with
//! the password.

use chrono::{DateTime, Utc};
use domain::{Email, SessionId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use crate::audit::{AuditResult, NewEntry};
use crate::error::StorageError;
use crate::json::storable;
use crate::mails::NewMail;
use crate::mails::queue::queue;
use crate::scope::Scope;
use crate::sessions::refresh::TokenHash;
use crate::sessions::user_tokens::{NewUserToken, Purpose, put_user_token, take_user_token};
use crate::sessions::{Ended, NewSession, end_sessions, insert_session};
use crate::store::Store;
use crate::users::{CreateUserError, NewUser, insert_user};

/// Whom a link's token belongs to.
#[derive(Clone, Debug)]
pub struct TokenOwner {
    pub id: UserId,
    pub email: Email,
    pub name: String,
}

/// A log-in that succeeded.
#[derive(Debug)]
pub struct SignIn<'a> {
    pub session: &'a NewSession,
    /// The password's hash with the parameters in force, where the kept one has others.
    pub fresh_hash: Option<&'a str>,
    /// For its owner, if they have never signed in with such a browser.
    pub letter: &'a NewMail,
}

/// Why an attempt to sign in led to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInFailure {
    /// There is no such account, or the password is another.
    Password,
    SecondFactor,
    /// The account is shut out.
    Disabled,
    /// There were so many attempts that this one was not looked at.
    TooOften,
}

/// What stands in the way of an account's end.
#[derive(Debug, thiserror::Error)]
pub enum DeleteUserError {
    #[error("an organisation would be left without an owner: hand it over, or delete it")]
    LastOwner,
    #[error("there are instances that are not destroyed: destroy them first")]
    NotEmpty,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What an owner changes about their account; `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub preferences: Option<Map<String, Value>>,
}

impl Store {
    /// Makes an account, the link that shows whether its address is somebody's, and the letter that carries it.
    ///
    /// # Errors
    /// [`CreateUserError::EmailTaken`]; nothing has changed then.
    pub async fn register(&self, new: &NewUser, token: &NewUserToken, letter: NewMail) -> Result<(), CreateUserError> {
        let scope = Scope::User(new.id);
        let mut tx = self.begin_as(scope).await?;
        insert_user(&mut tx, new).await?;
        put_link(&mut tx, new.id, token, letter).await?;
        let entry = NewEntry::done(None, "user.create", ("user", new.id.uuid())).called(new.email.as_str());
        self.record(&mut tx, scope, entry).await?;
        tx.commit().await.map_err(StorageError::from)?;
        Ok(())
    }

    /// Gives somebody a link for this purpose, by letter. The one before ends.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn send_link(&self, user: UserId, token: &NewUserToken, letter: NewMail) -> Result<(), StorageError> {
        let mut tx = self.begin_as(Scope::User(user)).await?;
        put_link(&mut tx, user, token, letter).await?;
        Ok(tx.commit().await?)
    }

    /// Whose a link's token is, if it is good. It is used up by what it is for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn whose_token(
        &self,
        purpose: Purpose,
        hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<TokenOwner>, StorageError> {
        let query = sqlx::query_scalar!(
            "SELECT user_id FROM fresco.user_tokens WHERE hash = $1 AND purpose = $2 AND expires_at > $3",
            hash.0.as_slice(),
            purpose.as_str(),
            now,
        );
        let Some(id) = query.fetch_optional(self.pool()).await?.map(UserId::from_uuid) else { return Ok(None) };
        let user = self.find_user(Scope::User(id), id).await?.filter(|user| user.disabled_at.is_none());
        Ok(user.and_then(|user| Some(TokenOwner { id, email: user.email?, name: user.name })))
    }

    /// Notes that an address is its account's owner's, by the token that was sent there; `false` if it is not good. Whoever
    /// shows it has shown to have the account, too: what it has of passwords, sessions and keys stays as it is.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn verify_email(&self, user: UserId, hash: TokenHash, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        if take_user_token(&mut tx, Purpose::VerifyEmail, hash, now).await? != Some(user) {
            return Ok(false);
        }
        sqlx::query!(
            "UPDATE fresco.users SET email_verified_at = coalesce(email_verified_at, $2) WHERE id = $1",
            user.uuid(),
            now
        )
        .execute(&mut *tx)
        .await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.verify_email", ("user", user.uuid()))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Begins a session, and notes that its owner has signed in.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn sign_in(&self, sign_in: &SignIn<'_>) -> Result<(), StorageError> {
        let (session, user) = (sign_in.session, sign_in.session.user);
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        if is_new_browser(&mut tx, session).await? {
            queue(&mut tx, std::slice::from_ref(sign_in.letter)).await?;
        }
        insert_session(&mut tx, session).await?;
        if let Some(fresh) = sign_in.fresh_hash {
            put_password(&mut tx, user, fresh).await?;
        }
        sqlx::query!("UPDATE fresco.users SET last_login_at = $2 WHERE id = $1", user.uuid(), session.now)
            .execute(&mut *tx)
            .await?;
        let entry = NewEntry::done(None, "user.sign_in", ("user", user.uuid()));
        self.record(&mut tx, scope, entry.with(json!({ "session": session.id }))).await?;
        Ok(tx.commit().await?)
    }

    /// Notes an attempt to sign in that led to nothing: to this account, or to none. Written in either case, so that both take
    /// as long.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn note_failed_sign_in(&self, to: Option<UserId>, failure: SignInFailure) -> Result<(), StorageError> {
        let (action, result) = match failure {
            SignInFailure::TooOften => ("user.lock_out", AuditResult::Refused),
            SignInFailure::Password | SignInFailure::SecondFactor | SignInFailure::Disabled => {
                ("user.sign_in", AuditResult::Failed)
            }
        };
        let entry = NewEntry::done(None, action, ("user", to.map(UserId::uuid)));
        let entry = NewEntry { result, ..entry.with(json!({ "because": failure })) };
        let mut tx = self.begin().await?;
        self.record_of_a_stranger(&mut tx, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Notes that somebody who is signed in could not show their password again.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn note_failed_confirmation(&self, user: UserId) -> Result<(), StorageError> {
        let entry = NewEntry::done(None, "user.confirm", ("user", user.uuid()));
        self.record_alone(Scope::User(user), NewEntry { result: AuditResult::Failed, ..entry }).await
    }

    /// Gives an account another password. All its sessions end, but `kept`.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn change_password(
        &self,
        user: UserId,
        kept: SessionId,
        hash: &SecretString,
        (letter, now): (NewMail, DateTime<Utc>),
    ) -> Result<(), StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        put_password(&mut tx, user, hash.expose_secret()).await?;
        end_sessions(&mut tx, user, Some(kept), (Ended::PasswordChanged, now)).await?;
        queue(&mut tx, &[letter]).await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.change_password", ("user", user.uuid()))).await?;
        Ok(tx.commit().await?)
    }

    /// Gives an account another password by the token that was sent to its address, which is its owner's then. All its
    /// sessions end. `false` if the token is not good any more.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn reset_password(
        &self,
        user: UserId,
        token: TokenHash,
        hash: &SecretString,
        (letter, now): (NewMail, DateTime<Utc>),
    ) -> Result<bool, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        if take_user_token(&mut tx, Purpose::ResetPassword, token, now).await? != Some(user) {
            return Ok(false);
        }
        put_password(&mut tx, user, hash.expose_secret()).await?;
        end_sessions(&mut tx, user, None, (Ended::PasswordReset, now)).await?;
        take_over(&mut tx, user, now).await?;
        queue(&mut tx, &[letter]).await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.reset_password", ("user", user.uuid()))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Changes what an owner may change about their account.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn update_user(&self, user: UserId, change: UserChange) -> Result<(), StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        sqlx::query!(
            "UPDATE fresco.users SET name = coalesce($2, name), preferences = coalesce($3, preferences) WHERE id = $1",
            user.uuid(),
            change.name,
            change.preferences.map(|preferences| storable(Value::Object(preferences))),
        )
        .execute(&mut *tx)
        .await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.update", ("user", user.uuid()))).await?;
        Ok(tx.commit().await?)
    }

    /// Notes that somebody has accepted these terms of use, and when. Those that they have accepted already stay as they are, with
    /// their time.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn accept_terms(&self, user: UserId, version: &str, now: DateTime<Utc>) -> Result<(), StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        let accept = sqlx::query!(
            "UPDATE fresco.users SET terms_version = $2, terms_accepted_at = $3
             WHERE id = $1 AND terms_version IS DISTINCT FROM $2",
            user.uuid(),
            version,
            now,
        );
        if accept.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(());
        }
        let entry = NewEntry::done(None, "user.accept_terms", ("user", user.uuid()));
        self.record(&mut tx, scope, entry.with(json!({ "version": version }))).await?;
        Ok(tx.commit().await?)
    }

    /// Ends an account, with what is its alone, and queues the letter that tells its owner, if one is given.
    ///
    /// # Errors
    /// [`DeleteUserError`]; nothing has changed then.
    pub async fn delete_user(
        &self,
        user: UserId,
        (letter, now): (Option<NewMail>, DateTime<Utc>),
    ) -> Result<(), DeleteUserError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        delete_in(&mut tx, now).await?;
        queue(&mut tx, letter.as_slice()).await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.delete", ("user", user.uuid()))).await?;
        tx.commit().await.map_err(StorageError::from)?;
        Ok(())
    }
}

/// A link for a purpose, and the letter that carries it; the link before ends.
pub(crate) async fn put_link(
    tx: &mut PgConnection,
    user: UserId,
    token: &NewUserToken,
    letter: NewMail,
) -> Result<(), StorageError> {
    put_user_token(tx, user, token).await?;
    queue(tx, &[letter]).await
}

/// Ends the account of [`Scope::User`]'s transaction.
pub(crate) async fn delete_in(tx: &mut PgConnection, now: DateTime<Utc>) -> Result<(), DeleteUserError> {
    let deleted = sqlx::query_scalar!("SELECT fresco.delete_me($1)", now).fetch_one(tx).await;
    match deleted.map_err(StorageError::from)?.as_deref() {
        None => Ok(()),
        Some("last_owner") => Err(DeleteUserError::LastOwner),
        Some(_) => Err(DeleteUserError::NotEmpty),
    }
}

/// Whether somebody who has signed in before never did with such a browser.
async fn is_new_browser(tx: &mut PgConnection, new: &NewSession) -> Result<bool, StorageError> {
    let query = sqlx::query_scalar!(
        r#"SELECT count(*) > 0 AND NOT coalesce(bool_or(user_agent = $2), false) AS "new!"
           FROM fresco.sessions WHERE user_id = $1"#,
        new.user.uuid(),
        new.seen.user_agent,
    );
    Ok(query.fetch_one(tx).await?)
}

async fn put_password(tx: &mut PgConnection, user: UserId, hash: &str) -> Result<(), StorageError> {
    let update = sqlx::query!("UPDATE fresco.users SET password_hash = $2 WHERE id = $1", user.uuid(), hash);
    update.execute(tx).await?;
    Ok(())
}

/// Whoever had the account before its address was shown to be somebody's, was perhaps another.
async fn take_over(tx: &mut PgConnection, user: UserId, now: DateTime<Utc>) -> Result<(), StorageError> {
    let update = sqlx::query!(
        "UPDATE fresco.users SET email_verified_at = $2 WHERE id = $1 AND email_verified_at IS NULL",
        user.uuid(),
        now
    );
    if update.execute(&mut *tx).await?.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query!(
        "WITH codes AS (DELETE FROM fresco.recovery_codes WHERE user_id = $1)
         DELETE FROM fresco.totp WHERE user_id = $1",
        user.uuid()
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("SELECT fresco.revoke_my_api_keys($1)", now).execute(tx).await?;
    Ok(())
}
