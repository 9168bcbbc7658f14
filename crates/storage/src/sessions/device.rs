//! Programs that want a key of somebody's: asked for with a code, answered by a person who is signed in, fetched once.

use chrono::{DateTime, Utc};
use domain::{OrganisationId, UserId};
use serde_json::json;
use sqlx::PgConnection;

use super::Seen;
use super::refresh::TokenHash;
use crate::api_keys::{NewApiKey, insert_api_key};
use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

/// What a program asks for.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// SHA-256 of what the program keeps to itself.
    pub hash: TokenHash,
    /// SHA-256 of what the person types.
    pub user_hash: TokenHash,
    /// What the key will be called.
    pub name: String,
    pub seen: Seen,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// One that waits for an answer, for whoever is to give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingDevice {
    pub name: String,
    pub seen: Seen,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// What became of it, for the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceState {
    Waits,
    Approved {
        user: UserId,
        organisation: OrganisationId,
        /// What the key will be called.
        name: String,
    },
    /// There is none with this code, or none any more: it has expired, was refused, or fetched.
    Gone,
}

impl Store {
    /// Keeps what a program asks for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn begin_device(&self, new: &NewDevice) -> Result<(), StorageError> {
        let insert = sqlx::query!(
            "INSERT INTO fresco.device_codes (hash, user_hash, name, address, user_agent, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            new.hash.0.as_slice(),
            new.user_hash.0.as_slice(),
            new.name,
            new.seen.address,
            new.seen.user_agent,
            new.now,
            new.expires_at,
        );
        insert.execute(self.pool()).await?;
        Ok(())
    }

    /// The one with this code that waits for an answer.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_device(
        &self,
        user_hash: TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<WaitingDevice>, StorageError> {
        let query = sqlx::query!(
            "SELECT name, address, user_agent, created_at, expires_at FROM fresco.device_codes
             WHERE user_hash = $1 AND expires_at > $2 AND approved_by IS NULL",
            user_hash.0.as_slice(),
            now,
        );
        Ok(query.fetch_optional(self.pool()).await?.map(|row| WaitingDevice {
            name: row.name,
            seen: Seen { address: row.address, user_agent: row.user_agent },
            created_at: row.created_at,
            expires_at: row.expires_at,
        }))
    }

    /// Lets the program with this code have a key of this person's, in this organisation, or ends it; `false` if none waits
    /// with this code.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn answer_device(
        &self,
        user_hash: TokenHash,
        (user, organisation): (UserId, Option<OrganisationId>),
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        let answered = match organisation {
            Some(organisation) => approve(&mut tx, user_hash, (user, organisation), now).await?,
            None => refuse(&mut tx, user_hash, now).await?,
        };
        let Some(name) = answered else { return Ok(false) };
        let action = if organisation.is_some() { "device.approve" } else { "device.refuse" };
        let entry = NewEntry::done(None, action, ("user", user.uuid())).called(name);
        self.record(&mut tx, scope, entry.with(json!({ "organisation": organisation }))).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What became of the one with this code.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn poll_device(&self, hash: TokenHash, now: DateTime<Utc>) -> Result<DeviceState, StorageError> {
        let query = sqlx::query!(
            "SELECT name, approved_by, organisation_id FROM fresco.device_codes WHERE hash = $1 AND expires_at > $2",
            hash.0.as_slice(),
            now,
        );
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(DeviceState::Gone) };
        Ok(match row.approved_by.zip(row.organisation_id) {
            None => DeviceState::Waits,
            Some((user, organisation)) => DeviceState::Approved {
                user: UserId::from_uuid(user),
                organisation: OrganisationId::from_uuid(organisation),
                name: row.name,
            },
        })
    }

    /// Keeps the key that was approved, and uses the code up; `false` if somebody else was quicker. `scope` is the approver's.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn redeem_device(&self, scope: Scope, hash: TokenHash, new: &NewApiKey) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(scope).await?;
        let delete = sqlx::query!(
            "DELETE FROM fresco.device_codes WHERE hash = $1 AND expires_at > $2 AND approved_by = $3 AND organisation_id = $4",
            hash.0.as_slice(),
            new.now,
            new.maker.uuid(),
            new.organisation.uuid(),
        );
        if delete.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let entry = insert_api_key(&mut tx, new).await?;
        self.record(&mut tx, scope, entry).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Answers what it is called.
async fn approve(
    tx: &mut PgConnection,
    user_hash: TokenHash,
    (user, organisation): (UserId, OrganisationId),
    now: DateTime<Utc>,
) -> Result<Option<String>, StorageError> {
    let update = sqlx::query_scalar!(
        "UPDATE fresco.device_codes SET approved_by = $2, organisation_id = $3
         WHERE user_hash = $1 AND expires_at > $4 AND approved_by IS NULL RETURNING name",
        user_hash.0.as_slice(),
        user.uuid(),
        organisation.uuid(),
        now,
    );
    Ok(update.fetch_optional(tx).await?)
}

async fn refuse(
    tx: &mut PgConnection,
    user_hash: TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<String>, StorageError> {
    let delete = sqlx::query_scalar!(
        "DELETE FROM fresco.device_codes WHERE user_hash = $1 AND expires_at > $2 AND approved_by IS NULL RETURNING name",
        user_hash.0.as_slice(),
        now,
    );
    Ok(delete.fetch_optional(tx).await?)
}
