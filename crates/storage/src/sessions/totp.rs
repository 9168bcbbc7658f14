//! The second factor: a secret that its owner's app shares, and codes for when the app is lost.

use chrono::{DateTime, Utc};
use domain::{Entropy, UserId};
use secrecy::{ExposeSecret, SecretString};

use super::refresh::TokenHash;
use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::mails::NewMail;
use crate::mails::queue::queue;
use crate::scope::Scope;
use crate::secrets::{Keyring, KeyringError, Place, Sealed};
use crate::store::Store;

/// Somebody's second factor.
#[derive(Clone, Debug)]
pub struct SecondFactor {
    /// As it was put in.
    pub secret: SecretString,
    /// Whether it is asked for: its owner has shown once that they have it.
    pub confirmed: bool,
}

/// Why there is none to compare with.
#[derive(Debug, thiserror::Error)]
pub enum SecondFactorError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the second factor of {user} can't be opened")]
    Sealed {
        user: UserId,
        #[source]
        source: KeyringError,
    },
}

impl From<sqlx::Error> for SecondFactorError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// A second factor to be shown to its owner, who then confirms it.
#[derive(Clone, Debug)]
pub struct NewSecondFactor {
    pub user: UserId,
    pub secret: SecretString,
    pub now: DateTime<Utc>,
}

impl Store {
    /// Keeps a new secret in the place of one that was not confirmed; `false` if there is one that was.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn begin_second_factor(
        &self,
        new: &NewSecondFactor,
        (keyring, entropy): (&Keyring, &dyn Entropy),
    ) -> Result<bool, StorageError> {
        let row = new.user.simple();
        let sealed = keyring.seal(&place(&row), new.secret.expose_secret(), entropy);
        let upsert = sqlx::query!(
            "INSERT INTO fresco.totp AS t (user_id, sealed, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (user_id) DO UPDATE SET sealed = excluded.sealed, created_at = excluded.created_at, last_step = 0
             WHERE t.confirmed_at IS NULL",
            new.user.uuid(),
            sealed.into_bytes(),
            new.now,
        );
        Ok(upsert.execute(self.pool()).await?.rows_affected() > 0)
    }

    /// What a code is compared with.
    ///
    /// # Errors
    /// [`SecondFactorError`].
    pub async fn second_factor(
        &self,
        user: UserId,
        keyring: &Keyring,
    ) -> Result<Option<SecondFactor>, SecondFactorError> {
        let query = sqlx::query!(
            r#"SELECT sealed, confirmed_at IS NOT NULL AS "confirmed!" FROM fresco.totp WHERE user_id = $1"#,
            user.uuid(),
        );
        let Some(found) = query.fetch_optional(self.pool()).await? else { return Ok(None) };
        let row = user.simple();
        let secret = keyring.open(&place(&row), &Sealed::from_bytes(found.sealed));
        let secret = secret.map_err(|source| SecondFactorError::Sealed { user, source })?;
        Ok(Some(SecondFactor { secret, confirmed: found.confirmed }))
    }

    /// Whether a second factor is asked for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn second_factor_confirmed(&self, user: UserId) -> Result<bool, StorageError> {
        let query = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM fresco.totp WHERE user_id = $1 AND confirmed_at IS NOT NULL) AS "confirmed!""#,
            user.uuid(),
        );
        Ok(query.fetch_one(self.pool()).await?)
    }

    /// Notes that a code of this time step was shown; `false` if one of it, or of a later one, was shown before.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn use_second_factor(&self, user: UserId, step: u64) -> Result<bool, StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
            user.uuid(),
            step.cast_signed(),
        );
        Ok(update.execute(self.pool()).await?.rows_affected() > 0)
    }

    /// Has the second factor asked for from now on, after a code of this time step, and puts new recovery codes in the
    /// place of all others. `false` if there is none to confirm, or the code was shown before.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn confirm_second_factor(
        &self,
        user: UserId,
        step: u64,
        codes: &[TokenHash],
        (letter, now): (NewMail, DateTime<Utc>),
    ) -> Result<bool, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        let update = sqlx::query!(
            "UPDATE fresco.totp SET last_step = $2, confirmed_at = $3
             WHERE user_id = $1 AND last_step < $2 AND confirmed_at IS NULL",
            user.uuid(),
            step.cast_signed(),
            now,
        );
        if update.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        put_codes(&mut tx, user, codes).await?;
        queue(&mut tx, &[letter]).await?;
        let entry = NewEntry::done(None, "user.enable_second_factor", ("user", user.uuid()));
        self.record(&mut tx, scope, entry).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Puts new recovery codes in the place of all others.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn replace_recovery_codes(&self, user: UserId, codes: &[TokenHash]) -> Result<(), StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        put_codes(&mut tx, user, codes).await?;
        self.record(&mut tx, scope, NewEntry::done(None, "user.replace_recovery_codes", ("user", user.uuid()))).await?;
        Ok(tx.commit().await?)
    }

    /// Uses a recovery code up; `false` if it is none of theirs, or was used before.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn use_recovery_code(
        &self,
        user: UserId,
        code: TokenHash,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at IS NULL",
            user.uuid(),
            code.0.as_slice(),
            now,
        );
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        if update.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        self.record(&mut tx, scope, NewEntry::done(None, "user.use_recovery_code", ("user", user.uuid()))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// How many recovery codes are left.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn recovery_codes_left(&self, user: UserId) -> Result<u32, StorageError> {
        let query = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM fresco.recovery_codes WHERE user_id = $1 AND used_at IS NULL"#,
            user.uuid(),
        );
        Ok(u32::try_from(query.fetch_one(self.pool()).await?).unwrap_or(u32::MAX))
    }

    /// Has no second factor asked for any more; `false` if there was none.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn remove_second_factor(&self, user: UserId, letter: NewMail) -> Result<bool, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        if !delete(&mut tx, user).await? {
            return Ok(false);
        }
        queue(&mut tx, &[letter]).await?;
        let entry = NewEntry::done(None, "user.disable_second_factor", ("user", user.uuid()));
        self.record(&mut tx, scope, entry).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The second factor and its recovery codes; `false` if there was none.
pub(crate) async fn delete(tx: &mut sqlx::PgConnection, user: UserId) -> Result<bool, StorageError> {
    let delete = sqlx::query!(
        "WITH codes AS (DELETE FROM fresco.recovery_codes WHERE user_id = $1)
         DELETE FROM fresco.totp WHERE user_id = $1",
        user.uuid(),
    );
    Ok(delete.execute(tx).await?.rows_affected() > 0)
}

async fn put_codes(tx: &mut sqlx::PgConnection, user: UserId, codes: &[TokenHash]) -> Result<(), StorageError> {
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code.0.to_vec()).collect();
    sqlx::query!("DELETE FROM fresco.recovery_codes WHERE user_id = $1", user.uuid()).execute(&mut *tx).await?;
    let insert = sqlx::query!(
        "INSERT INTO fresco.recovery_codes (user_id, hash) SELECT $1, unnest($2::bytea[])",
        user.uuid(),
        &hashes,
    );
    insert.execute(tx).await?;
    Ok(())
}

fn place(row: &str) -> Place<'_> {
    Place { table: "totp", row, column: "sealed" }
}
