//! Accounts as the operator sees and settles them.
//!
//! Whatever is changed here stands in the audit log with who did it ([`crate::audit::acting`]); what people do with their own
//! account is in [`crate::accounts`].

use chrono::{DateTime, Utc};
use domain::signup::Inviter;
use domain::{Email, UserId};
use serde_json::json;

use crate::accounts::{DeleteUserError, delete_in, put_link};
use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::mails::NewMail;
use crate::mails::queue::queue;
use crate::scope::Scope;
use crate::sessions::user_tokens::NewUserToken;
use crate::sessions::{Ended, end_sessions, totp};
use crate::store::Store;
use crate::users::{User, UserRow};

/// Which accounts. What is left out does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserFilter<'a> {
    /// Part of a name or an address, in either case.
    pub search: Option<&'a str>,
    /// Only those whose owners wait to be let in, or only those who don't.
    pub waiting: Option<bool>,
    /// Only those that are shut out, or only those that aren't.
    pub disabled: Option<bool>,
}

impl Store {
    /// Accounts, the newest first; those made before the one with this id if it is given.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_users(
        &self,
        filter: UserFilter<'_>,
        before: Option<UserId>,
        limit: u16,
    ) -> Result<Vec<User>, StorageError> {
        let query = sqlx::query_as!(
            UserRow,
            "SELECT id, email, name, created_at, email_verified_at, last_login_at, disabled_at, approved_at, terms_version,
                    terms_accepted_at, preferences, metadata
             FROM fresco.users
             WHERE email IS NOT NULL AND ($1::text IS NULL OR strpos(lower(email || ' ' || name), lower($1)) > 0)
               AND ($2::boolean IS NULL OR (approved_at IS NULL) = $2)
               AND ($3::boolean IS NULL OR (disabled_at IS NOT NULL) = $3)
               AND ($4::uuid IS NULL OR id < $4)
             ORDER BY id DESC LIMIT $5",
            filter.search,
            filter.waiting,
            filter.disabled,
            before.map(UserId::uuid),
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(Scope::Operator).await?).await?;
        rows.into_iter().map(User::try_from).collect()
    }

    /// Who has invited this address to make an account, by an invitation that is good at `now`.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn invited_by(&self, email: &Email, now: DateTime<Utc>) -> Result<Option<Inviter>, StorageError> {
        let query = sqlx::query_scalar!("SELECT fresco.invited_by($1, $2)", email.key(), now);
        let by = query.fetch_one(self.pool()).await?;
        Ok(by.map(|by| if by == "operator" { Inviter::Operator } else { Inviter::Organisation }))
    }

    /// Invites an address to make an account, until `expires_at`, and queues the letter that says so; the invitation before
    /// ends.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn invite_user(
        &self,
        email: &Email,
        letter: NewMail,
        (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), StorageError> {
        let mut tx = self.begin_as(Scope::Operator).await?;
        sqlx::query!(
            "INSERT INTO fresco.signup_invitations (address, created_at, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (address) DO UPDATE SET created_at = excluded.created_at, expires_at = excluded.expires_at",
            email.key(),
            now,
            expires_at,
        )
        .execute(&mut *tx)
        .await?;
        queue(&mut tx, &[letter]).await?;
        let entry = NewEntry::done(None, "user.invite", ("user", None))
            .called(email.as_str())
            .with(json!({ "expires_at": expires_at }));
        self.record(&mut tx, Scope::Operator, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Lets somebody in who waits, and queues the letter that tells them; `false` if they don't.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn approve_user(
        &self,
        user: UserId,
        (letter, now): (NewMail, DateTime<Utc>),
    ) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(Scope::Operator).await?;
        let approve = sqlx::query_scalar!(r#"SELECT fresco.approve_user($1, $2) AS "approved!""#, user.uuid(), now);
        if !approve.fetch_one(&mut *tx).await? {
            return Ok(false);
        }
        queue(&mut tx, &[letter]).await?;
        self.record(&mut tx, Scope::Operator, NewEntry::done(None, "user.approve", ("user", user.uuid()))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends the account of somebody who waits, and queues the letter that tells them, if one is given; `false` if they don't
    /// wait.
    ///
    /// # Errors
    /// [`DeleteUserError`]; nothing has changed then.
    pub async fn reject_user(
        &self,
        user: UserId,
        (letter, now): (Option<NewMail>, DateTime<Utc>),
    ) -> Result<bool, DeleteUserError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        let waits = sqlx::query_scalar!(
            r#"SELECT approved_at IS NULL AS "waits!" FROM fresco.users WHERE id = $1 FOR UPDATE"#,
            user.uuid()
        );
        if waits.fetch_optional(&mut *tx).await.map_err(StorageError::from)? != Some(true) {
            return Ok(false);
        }
        delete_in(&mut tx, now).await?;
        queue(&mut tx, letter.as_slice()).await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.reject", ("user", user.uuid()))).await?;
        tx.commit().await.map_err(StorageError::from)?;
        Ok(true)
    }

    /// Shuts somebody out: their sessions end, and no key that they have made works until they are let in again. `false` if
    /// they are out already.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn disable_user(&self, user: UserId, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(Scope::Operator).await?;
        let disable = sqlx::query_scalar!(r#"SELECT fresco.disable_user($1, $2) AS "disabled!""#, user.uuid(), now);
        if !disable.fetch_one(&mut *tx).await? {
            return Ok(false);
        }
        let ended = end_sessions(&mut tx, user, None, (Ended::Revoked, now)).await?;
        let entry = NewEntry::done(None, "user.disable", ("user", user.uuid())).with(json!({ "ended": ended }));
        self.record(&mut tx, Scope::Operator, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Lets somebody in again who was shut out; `false` if they weren't.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn enable_user(&self, user: UserId) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(Scope::Operator).await?;
        let enable = sqlx::query_scalar!(r#"SELECT fresco.disable_user($1, NULL) AS "enabled!""#, user.uuid());
        if !enable.fetch_one(&mut *tx).await? {
            return Ok(false);
        }
        self.record(&mut tx, Scope::Operator, NewEntry::done(None, "user.enable", ("user", user.uuid()))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Notes that an address is its account's owner's, on the operator's word; `false` if that is known already.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn vouch_for_address(&self, user: UserId, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(Scope::Operator).await?;
        let update = sqlx::query!(
            "UPDATE fresco.users SET email_verified_at = $2
             WHERE id = $1 AND email IS NOT NULL AND email_verified_at IS NULL",
            user.uuid(),
            now,
        );
        if update.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        self.record(&mut tx, Scope::Operator, NewEntry::done(None, "user.vouch", ("user", user.uuid()))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Has no second factor asked for of somebody who has lost it, ends their sessions, and queues the letter that tells them;
    /// `false` if they have none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn reset_second_factor(
        &self,
        user: UserId,
        (letter, now): (NewMail, DateTime<Utc>),
    ) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(Scope::Operator).await?;
        if !totp::delete(&mut tx, user).await? {
            return Ok(false);
        }
        let ended = end_sessions(&mut tx, user, None, (Ended::Revoked, now)).await?;
        queue(&mut tx, &[letter]).await?;
        let entry = NewEntry::done(None, "user.reset_second_factor", ("user", user.uuid()));
        self.record(&mut tx, Scope::Operator, entry.with(json!({ "ended": ended }))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Has somebody sent a link with which they choose a new password.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn send_reset(&self, user: UserId, token: &NewUserToken, letter: NewMail) -> Result<(), StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        put_link(&mut tx, user, token, letter).await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.send_reset", ("user", user.uuid()))).await?;
        Ok(tx.commit().await?)
    }
}
