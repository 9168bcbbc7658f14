//! Organisations: what people share.
//!
//! Invariants: an organisation has an owner at any time; whoever changes its members locks its row first, so that they come
//! one after the other; nobody makes anybody more than they are themselves, or takes more than that from them.

mod members;
mod transfer;

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::{OrganisationId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::json::word;
use crate::page::{Page, Part};
use crate::room;
use crate::scope::Scope;
use crate::store::Store;

pub(crate) use members::may_give;
pub use members::{Member, MembershipError};

/// An organisation, for one who may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    pub id: OrganisationId,
    pub name: String,
    /// Made with its owner's account, and gone with it.
    pub personal: bool,
    pub created_at: DateTime<Utc>,
    /// What who asks is in it; `None` for the operator, and for a key of the organisation.
    pub role: Option<Role>,
}

/// An organisation to be made.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    pub id: OrganisationId,
    pub name: String,
    /// Its first owner.
    pub founder: UserId,
    /// How many they may have made or own with it, beside their personal one; `None`: as many as they like.
    pub most: Option<u32>,
    pub now: DateTime<Utc>,
}

/// Why an organisation is not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateOrganisationError {
    /// See [`NewOrganisation::most`].
    #[error("its founder has {most} organisations, and may have no more")]
    TooMany { most: u32 },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for CreateOrganisationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Why an organisation is not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteOrganisationError {
    #[error("there is no such organisation")]
    NotFound,
    #[error("a personal organisation goes with its owner's account")]
    Personal,
    #[error("it has {0} tenants that are not destroyed")]
    NotEmpty(i64),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for DeleteOrganisationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Store {
    /// Makes an organisation with its first owner.
    ///
    /// # Errors
    /// [`CreateOrganisationError`]; nothing has changed then.
    pub async fn create_organisation(
        &self,
        scope: Scope,
        new: &NewOrganisation,
    ) -> Result<(), CreateOrganisationError> {
        let mut tx = self.begin_as(scope).await?;
        if let Some(most) = room::full_of_organisations(&mut tx, new.founder, new.most).await? {
            return Err(CreateOrganisationError::TooMany { most });
        }
        found(&mut tx, new.id, (&new.name, false), new.founder, new.now).await?;
        let entry = NewEntry::done(new.id, "organisation.create", ("organisation", new.id.uuid())).called(&*new.name);
        self.record(&mut tx, scope, entry).await?;
        Ok(tx.commit().await?)
    }

    /// Those that somebody is a member of, the personal one first, then by name.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn organisations_of(&self, user: UserId) -> Result<Vec<Organisation>, StorageError> {
        let query = sqlx::query_as!(
            OrganisationRow,
            r#"SELECT o.id, o.name, o.personal, o.created_at, m.role AS "role?"
               FROM fresco.organisations o JOIN fresco.memberships m ON m.organisation_id = o.id
               WHERE o.deleted_at IS NULL AND m.user_id = $1
               ORDER BY o.personal DESC, lower(o.name), o.id"#,
            user.uuid(),
        );
        let rows = query.fetch_all(&mut *self.begin_as(Scope::User(user)).await?).await?;
        rows.into_iter().map(Organisation::try_from).collect()
    }

    /// Those that the scope shows, in the order they were made: for [`Scope::User`] where one is a member, for the operator
    /// all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_organisations(&self, scope: Scope, part: Part) -> Result<Page<Organisation>, StorageError> {
        let query = sqlx::query_as!(
            OrganisationRow,
            r#"SELECT o.id, o.name, o.personal, o.created_at, m.role AS "role?"
               FROM fresco.organisations o
               LEFT JOIN fresco.memberships m ON m.organisation_id = o.id AND m.user_id = $1
               WHERE o.deleted_at IS NULL AND ($2::uuid IS NULL OR o.id = $2) AND ($1::uuid IS NULL OR m.role IS NOT NULL)
                 AND ($3::timestamptz IS NULL OR (o.created_at, o.id) > ($3, $4::uuid))
               ORDER BY o.created_at, o.id LIMIT $5"#,
            scope.user(),
            scope.here(),
            part.created_at(),
            part.id(),
            part.rows(),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        let items = rows.into_iter().map(Organisation::try_from).collect::<Result<_, _>>()?;
        Ok(part.page(items, |organisation: &Organisation| (organisation.created_at, organisation.id.uuid())))
    }

    /// One of them.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_organisation(
        &self,
        scope: Scope,
        id: OrganisationId,
    ) -> Result<Option<Organisation>, StorageError> {
        let query = sqlx::query_as!(
            OrganisationRow,
            r#"SELECT o.id, o.name, o.personal, o.created_at, m.role AS "role?"
               FROM fresco.organisations o
               LEFT JOIN fresco.memberships m ON m.organisation_id = o.id AND m.user_id = $2
               WHERE o.id = $1 AND o.deleted_at IS NULL AND ($3::uuid IS NULL OR o.id = $3)
                 AND ($2::uuid IS NULL OR m.role IS NOT NULL)"#,
            id.uuid(),
            scope.user(),
            scope.here(),
        );
        let row = query.fetch_optional(&mut *self.begin_as(scope).await?).await?;
        row.map(Organisation::try_from).transpose()
    }

    /// Gives it another name; `false` if it is not there.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn rename_organisation(
        &self,
        scope: Scope,
        id: OrganisationId,
        name: &str,
    ) -> Result<bool, StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.organisations SET name = $2
             WHERE id = $1 AND deleted_at IS NULL AND ($3::uuid IS NULL OR id = $3)",
            id.uuid(),
            name,
            scope.organisation(),
        );
        let mut tx = self.begin_as(scope).await?;
        let done = update.execute(&mut *tx).await?.rows_affected() == 1;
        if done {
            let entry = NewEntry::done(id, "organisation.rename", ("organisation", id.uuid())).called(name);
            self.record(&mut tx, scope, entry).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Deletes an organisation that has no tenant but tombstones: its members leave it, its invitations and keys end.
    ///
    /// # Errors
    /// [`DeleteOrganisationError`]; nothing has changed then.
    pub async fn delete_organisation(
        &self,
        scope: Scope,
        id: OrganisationId,
        now: DateTime<Utc>,
    ) -> Result<(), DeleteOrganisationError> {
        let mut tx = self.begin_as(scope).await?;
        if !lock(&mut tx, scope, id).await? {
            return Err(DeleteOrganisationError::NotFound);
        }
        // Nobody makes another one meanwhile: they hold what is locked here.
        let state = sqlx::query!(
            r#"SELECT personal, (SELECT count(*) FROM fresco.tenants t
                                 WHERE t.organisation_id = o.id AND t.destroyed_at IS NULL) AS "tenants!"
               FROM fresco.organisations o WHERE o.id = $1"#,
            id.uuid(),
        );
        let state = state.fetch_one(&mut *tx).await?;
        if state.personal {
            return Err(DeleteOrganisationError::Personal);
        }
        if state.tenants > 0 {
            return Err(DeleteOrganisationError::NotEmpty(state.tenants));
        }
        end(&mut tx, id, now).await?;
        let entry = NewEntry::done(id, "organisation.delete", ("organisation", id.uuid()));
        self.record(&mut tx, scope, entry).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// The members last: until then they are who may do it.
async fn end(tx: &mut PgConnection, id: OrganisationId, now: DateTime<Utc>) -> Result<(), StorageError> {
    let id = id.uuid();
    sqlx::query!(
        "UPDATE fresco.invitations SET revoked_at = $2
         WHERE organisation_id = $1 AND accepted_at IS NULL AND revoked_at IS NULL",
        id,
        now,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "UPDATE fresco.api_keys SET revoked_at = $2 WHERE organisation_id = $1 AND revoked_at IS NULL",
        id,
        now
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("UPDATE fresco.organisations SET deleted_at = $2 WHERE id = $1", id, now).execute(&mut *tx).await?;
    sqlx::query!("DELETE FROM fresco.memberships WHERE organisation_id = $1", id).execute(&mut *tx).await?;
    Ok(())
}

/// Whether the organisation is there for the scope; it stays as it is until the transaction ends.
pub(crate) async fn lock(tx: &mut PgConnection, scope: Scope, id: OrganisationId) -> Result<bool, StorageError> {
    if scope.organisation().is_some_and(|own| own != id.uuid()) {
        return Ok(false);
    }
    let query = sqlx::query_scalar!(r#"SELECT fresco.lock_organisation($1) AS "locked!""#, id.uuid());
    Ok(query.fetch_one(tx).await?)
}

/// Makes an organisation, personal or not, with its first owner.
pub(crate) async fn found(
    tx: &mut PgConnection,
    id: OrganisationId,
    (name, personal): (&str, bool),
    founder: UserId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let query = sqlx::query!(
        "SELECT fresco.found_organisation($1, $2, $3, $4, $5)",
        id.uuid(),
        name,
        personal,
        founder.uuid(),
        now,
    );
    query.execute(tx).await?;
    Ok(())
}

struct OrganisationRow {
    id: Uuid,
    name: String,
    personal: bool,
    created_at: DateTime<Utc>,
    role: Option<String>,
}

impl TryFrom<OrganisationRow> for Organisation {
    type Error = StorageError;

    fn try_from(row: OrganisationRow) -> Result<Self, StorageError> {
        let id = OrganisationId::from_uuid(row.id);
        let role = row.role.as_deref().map(|text| role(id, text)).transpose()?;
        Ok(Self { id, name: row.name, personal: row.personal, created_at: row.created_at, role })
    }
}

/// A role from its column.
pub(crate) fn role(organisation: OrganisationId, text: &str) -> Result<Role, StorageError> {
    word(text).map_err(|source| StorageError::corrupt("memberships", organisation, source))
}
