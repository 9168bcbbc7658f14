//! Keys of programs, for a person or an organisation. A key is shown once; its SHA-256 stays here.
//!
//! Both kinds are as good as their maker's membership is at the time, and end with it; and they are let no further than their
//! scopes.

use chrono::{DateTime, Utc};
use domain::access::{Caller, Permission, Permissions, Principal, Role};
use domain::{ApiKeyId, OrganisationId, UserId};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::organisations::role;
use crate::page::{Page, Part};
use crate::scope::Scope;
use crate::store::Store;
use crate::users::standing;

/// A key to be kept.
#[derive(Clone)]
pub struct NewApiKey {
    pub id: ApiKeyId,
    pub organisation: OrganisationId,
    /// Whom it acts for; `None`: the organisation.
    pub user: Option<UserId>,
    pub maker: UserId,
    pub name: String,
    /// SHA-256 of its secret part.
    pub hash: [u8; 32],
    pub scopes: Permissions,
    pub now: DateTime<Utc>,
    /// `None`: it doesn't.
    pub expires_at: Option<DateTime<Utc>>,
}

impl std::fmt::Debug for NewApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApiKey").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// A key, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    /// Whom it acts for; `None`: the organisation.
    pub user: Option<UserId>,
    pub maker: UserId,
    pub name: String,
    pub scopes: Permissions,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A key, for whoever has made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeApiKey {
    pub organisation: OrganisationId,
    pub key: ApiKey,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What is to be compared with what was shown, and who it is if it is good.
#[derive(Clone)]
pub struct ShownApiKey {
    /// SHA-256 of its secret part. Compare in constant time.
    pub hash: [u8; 32],
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub caller: Caller,
}

impl std::fmt::Debug for ShownApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownApiKey").field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl Store {
    /// Keeps a new key.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn create_api_key(&self, scope: Scope, new: &NewApiKey) -> Result<(), StorageError> {
        let mut tx = self.begin_as(scope).await?;
        let entry = insert_api_key(&mut tx, new).await?;
        self.record(&mut tx, scope, entry).await?;
        Ok(tx.commit().await?)
    }

    /// The key with this id, for whoever shows it: nobody is known yet. `None` if it is revoked, or its maker is no
    /// member any more.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<ShownApiKey>, StorageError> {
        let query = sqlx::query_as!(
            ShownRow,
            r#"SELECT organisation_id AS "organisation_id!", user_id AS "user_id?", created_by AS "created_by!",
                      hash AS "hash!", scopes AS "scopes!", expires_at AS "expires_at?", last_used_at AS "last_used_at?",
                      role AS "role?", standing AS "standing!"
               FROM fresco.api_key_shown($1)"#,
            id.uuid(),
        );
        let row = query.fetch_optional(self.pool()).await?;
        row.map(|row| row.read(id)).transpose()
    }

    /// Notes that a key was used; at most once a minute, so that a busy one doesn't write with every request.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn touch_api_key(&self, id: ApiKeyId, now: DateTime<Utc>) -> Result<(), StorageError> {
        sqlx::query!("SELECT fresco.touch_api_key($1, $2)", id.uuid(), now).execute(self.pool()).await?;
        Ok(())
    }

    /// The keys that the scope shows and that are not revoked, the oldest first: an admin may see all, others their own;
    /// `whose` narrows it to one person's.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_api_keys(
        &self,
        scope: Scope,
        organisation: OrganisationId,
        whose: Option<UserId>,
        part: Part,
    ) -> Result<Page<ApiKey>, StorageError> {
        let query = sqlx::query_as!(
            KeyRow,
            "SELECT id, user_id, created_by, name, scopes, created_at, expires_at, last_used_at FROM fresco.api_keys
             WHERE organisation_id = $1 AND ($2::uuid IS NULL OR organisation_id = $2) AND revoked_at IS NULL
               AND ($3::uuid IS NULL OR user_id = $3)
               AND ($4::timestamptz IS NULL OR (created_at, id) > ($4, $5::uuid))
             ORDER BY created_at, id LIMIT $6",
            organisation.uuid(),
            scope.organisation(),
            whose.map(UserId::uuid),
            part.created_at(),
            part.id(),
            part.rows(),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        let items = rows.into_iter().map(ApiKey::try_from).collect::<Result<_, _>>()?;
        Ok(part.page(items, |key: &ApiKey| (key.created_at, key.id.uuid())))
    }

    /// The keys that somebody has made, in whichever organisation and whether they still work, the oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_made_api_keys(&self, maker: UserId) -> Result<Vec<MadeApiKey>, StorageError> {
        let query = sqlx::query!(
            "SELECT id, organisation_id, user_id, created_by, name, scopes, created_at, expires_at, last_used_at, revoked_at
             FROM fresco.api_keys WHERE created_by = $1 ORDER BY created_at, id",
            maker.uuid(),
        );
        let rows = query.fetch_all(&mut *self.begin_as(Scope::User(maker)).await?).await?;
        let made = rows.into_iter().map(|row| {
            let key = KeyRow {
                id: row.id,
                user_id: row.user_id,
                created_by: row.created_by,
                name: row.name,
                scopes: row.scopes,
                created_at: row.created_at,
                expires_at: row.expires_at,
                last_used_at: row.last_used_at,
            };
            let organisation = OrganisationId::from_uuid(row.organisation_id);
            Ok(MadeApiKey { organisation, key: key.try_into()?, revoked_at: row.revoked_at })
        });
        made.collect()
    }

    /// Ends a key that the scope shows; `false` if there is none with this id that still works.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn revoke_api_key(
        &self,
        scope: Scope,
        (organisation, id): (OrganisationId, ApiKeyId),
        whose: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.api_keys SET revoked_at = $4
             WHERE id = $1 AND organisation_id = $2 AND ($3::uuid IS NULL OR organisation_id = $3) AND revoked_at IS NULL
               AND ($5::uuid IS NULL OR user_id = $5)",
            id.uuid(),
            organisation.uuid(),
            scope.organisation(),
            now,
            whose.map(UserId::uuid),
        );
        let mut tx = self.begin_as(scope).await?;
        let done = update.execute(&mut *tx).await?.rows_affected() == 1;
        if done {
            let entry = NewEntry::done(organisation, "api_key.revoke", ("api_key", id.uuid()));
            self.record(&mut tx, scope, entry).await?;
        }
        tx.commit().await?;
        Ok(done)
    }
}

/// Ends the keys that somebody has made in an organisation, so that they don't come alive again with a new membership. Answers
/// the lines for the audit log.
pub(crate) async fn end_keys_of(
    tx: &mut PgConnection,
    organisation: OrganisationId,
    maker: UserId,
    now: DateTime<Utc>,
) -> Result<Vec<NewEntry>, StorageError> {
    let query = sqlx::query!(
        r#"SELECT id AS "id!", name AS "name!" FROM fresco.end_keys_of($1, $2, $3)"#,
        organisation.uuid(),
        maker.uuid(),
        now,
    );
    let ended = query.fetch_all(tx).await?.into_iter().map(|row| {
        let entry = NewEntry::done(organisation, "api_key.revoke", ("api_key", row.id));
        entry.called(row.name).with(json!({ "left": maker }))
    });
    Ok(ended.collect())
}

/// Answers the line for the audit log.
pub(crate) async fn insert_api_key(tx: &mut PgConnection, new: &NewApiKey) -> Result<NewEntry, StorageError> {
    let scopes: Vec<String> = new.scopes.iter().map(String::from).collect();
    let insert = sqlx::query!(
        "INSERT INTO fresco.api_keys
             (id, organisation_id, user_id, created_by, name, hash, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.uuid(),
        new.organisation.uuid(),
        new.user.map(UserId::uuid),
        new.maker.uuid(),
        new.name,
        new.hash.as_slice(),
        &scopes,
        new.now,
        new.expires_at,
    );
    insert.execute(tx).await?;
    let data = json!({ "scopes": scopes, "user": new.user, "expires_at": new.expires_at });
    let entry = NewEntry::done(new.organisation, "api_key.create", ("api_key", new.id.uuid()));
    Ok(entry.called(&*new.name).with(data))
}

struct ShownRow {
    organisation_id: Uuid,
    user_id: Option<Uuid>,
    created_by: Uuid,
    hash: Vec<u8>,
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    role: Option<String>,
    standing: String,
}

impl ShownRow {
    fn read(self, key: ApiKeyId) -> Result<ShownApiKey, StorageError> {
        let hash = self.hash.try_into();
        let hash = hash.map_err(|_| StorageError::corrupt("api_keys", key, "a hash of another length"))?;
        let (organisation, scopes) = (OrganisationId::from_uuid(self.organisation_id), scopes(key, &self.scopes)?);
        let makers = self.role.as_deref().map(|text| role(organisation, text)).transpose()?;
        // An organisation's key needs no more than its scopes take, and has no more than its maker.
        let role: Role = match (self.user_id, makers) {
            (Some(_), Some(theirs)) => theirs,
            (_, makers) => makers.map_or(scopes.least(), |makers| makers.min(scopes.least())),
        };
        let (user, maker) = (self.user_id.map(UserId::from_uuid), UserId::from_uuid(self.created_by));
        let principal = Principal::ApiKey { key, user, maker };
        let standing = standing(maker, &self.standing)?;
        let caller = Caller { principal, organisation: Some(organisation), role: Some(role), scopes, standing };
        Ok(ShownApiKey { hash, expires_at: self.expires_at, last_used_at: self.last_used_at, caller })
    }
}

struct KeyRow {
    id: Uuid,
    user_id: Option<Uuid>,
    created_by: Uuid,
    name: String,
    scopes: Vec<String>,
    created_at: DateTime<Utc>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
}

impl TryFrom<KeyRow> for ApiKey {
    type Error = StorageError;

    fn try_from(row: KeyRow) -> Result<Self, StorageError> {
        let id = ApiKeyId::from_uuid(row.id);
        Ok(Self {
            id,
            user: row.user_id.map(UserId::from_uuid),
            maker: UserId::from_uuid(row.created_by),
            name: row.name,
            scopes: scopes(id, &row.scopes)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        })
    }
}

fn scopes(key: ApiKeyId, texts: &[String]) -> Result<Permissions, StorageError> {
    let scopes = texts.iter().map(|text| Permission::parse(text)).collect::<Result<Permissions, _>>();
    scopes.map_err(|source| StorageError::corrupt("api_keys", key, source))
}
