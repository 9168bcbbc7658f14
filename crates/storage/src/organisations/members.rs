//! Who is a member, and what they are.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::{Email, OrganisationId, UserId};
use serde_json::json;
use sqlx::PgConnection;

use super::{lock, role};
use crate::api_keys::end_keys_of;
use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::page::{Page, Part};
use crate::scope::Scope;
use crate::store::Store;
use crate::users::address;

/// A member of an organisation, for another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    /// `None`: the operator.
    pub email: Option<Email>,
    pub role: Role,
    /// When they became one.
    pub since: DateTime<Utc>,
}

/// Why a membership is not changed.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    #[error("there is no such organisation")]
    NoOrganisation,
    #[error("who is asked for is not, or no longer, a member of it")]
    NotAMember,
    #[error("an organisation keeps an owner: make somebody else one first")]
    LastOwner,
    #[error("`{theirs}` is more than you are, which is `{yours}`")]
    AboveYou { yours: Role, theirs: Role },
    /// It goes with its owner's account.
    #[error("a personal organisation has one owner, and stays with them")]
    Personal,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for MembershipError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Store {
    /// What somebody is in an organisation; `None`: no member of it, or it is gone.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn role_in(&self, user: UserId, organisation: OrganisationId) -> Result<Option<Role>, StorageError> {
        let query = sqlx::query_scalar!(
            "SELECT m.role FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
             WHERE m.user_id = $1 AND m.organisation_id = $2 AND o.deleted_at IS NULL",
            user.uuid(),
            organisation.uuid(),
        );
        let found = query.fetch_optional(&mut *self.begin_as(Scope::User(user)).await?).await?;
        found.as_deref().map(|text| role(organisation, text)).transpose()
    }

    /// The members, the first owner first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_members(
        &self,
        scope: Scope,
        organisation: OrganisationId,
        part: Part,
    ) -> Result<Page<Member>, StorageError> {
        let query = sqlx::query!(
            "SELECT m.user_id, m.role, m.created_at, u.name, u.email
             FROM fresco.memberships m JOIN fresco.users u ON u.id = m.user_id
             WHERE m.organisation_id = $1 AND ($2::uuid IS NULL OR m.organisation_id = $2)
               AND ($3::timestamptz IS NULL OR (m.created_at, m.user_id) > ($3, $4::uuid))
             ORDER BY m.created_at, m.user_id LIMIT $5",
            organisation.uuid(),
            scope.organisation(),
            part.created_at(),
            part.id(),
            part.rows(),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        let member = rows.into_iter().map(|row| {
            let user = UserId::from_uuid(row.user_id);
            let email = row.email.as_deref().map(|text| address(user, text)).transpose()?;
            Ok(Member { user, name: row.name, email, role: role(organisation, &row.role)?, since: row.created_at })
        });
        let items = member.collect::<Result<Vec<_>, StorageError>>()?;
        Ok(part.page(items, |member| (member.since, member.user.uuid())))
    }

    /// Makes somebody a member at once, without an invitation; `false` if they are one.
    ///
    /// # Errors
    /// [`MembershipError`]; nothing has changed then.
    pub async fn add_member(
        &self,
        scope: Scope,
        organisation: OrganisationId,
        (user, as_role): (UserId, Role),
        now: DateTime<Utc>,
    ) -> Result<bool, MembershipError> {
        let mut tx = self.begin_as(scope).await?;
        if !lock(&mut tx, scope, organisation).await? {
            return Err(MembershipError::NoOrganisation);
        }
        may_give(&mut tx, scope, organisation, as_role).await?;
        let insert = sqlx::query!(
            "INSERT INTO fresco.memberships (organisation_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT DO NOTHING",
            organisation.uuid(),
            user.uuid(),
            as_role.as_str(),
            now,
        );
        let added = insert.execute(&mut *tx).await?.rows_affected() == 1;
        if added {
            let entry = NewEntry::done(organisation, "member.add", ("user", user.uuid()));
            self.record(&mut tx, scope, entry.with(json!({ "role": as_role }))).await?;
        }
        tx.commit().await?;
        Ok(added)
    }

    /// Makes a member something else.
    ///
    /// # Errors
    /// [`MembershipError`]; nothing has changed then.
    pub async fn change_role(
        &self,
        scope: Scope,
        organisation: OrganisationId,
        (user, to): (UserId, Role),
    ) -> Result<(), MembershipError> {
        let mut tx = self.begin_as(scope).await?;
        let before = locked_role(&mut tx, scope, organisation, user).await?;
        scope.may_grant(before)?;
        may_give(&mut tx, scope, organisation, to).await?;
        if before == Role::Owner && to != Role::Owner {
            another_owner(&mut tx, organisation, user).await?;
        }
        set_role(&mut tx, organisation, (user, to)).await?;
        if to < before {
            for entry in end_invitations_by(&mut tx, organisation, user).await? {
                self.record(&mut tx, scope, entry).await?;
            }
        }
        let entry = NewEntry::done(organisation, "member.change_role", ("user", user.uuid()));
        self.record(&mut tx, scope, entry.with(json!({ "from": before, "to": to }))).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Ends a membership, and the keys that were made by it, for themselves or the organisation. Everybody may end their own,
    /// but the last owner.
    ///
    /// # Errors
    /// [`MembershipError`]; nothing has changed then.
    pub async fn remove_member(
        &self,
        scope: Scope,
        organisation: OrganisationId,
        user: UserId,
        now: DateTime<Utc>,
    ) -> Result<(), MembershipError> {
        let mut tx = self.begin_as(scope).await?;
        let before = locked_role(&mut tx, scope, organisation, user).await?;
        if scope.user() != Some(user.uuid()) {
            scope.may_grant(before)?;
        }
        if before == Role::Owner {
            another_owner(&mut tx, organisation, user).await?;
        }
        for entry in end_keys_of(&mut tx, organisation, user, now).await? {
            self.record(&mut tx, scope, entry).await?;
        }
        for entry in end_invitations_by(&mut tx, organisation, user).await? {
            self.record(&mut tx, scope, entry).await?;
        }
        sqlx::query!(
            "DELETE FROM fresco.memberships WHERE organisation_id = $1 AND user_id = $2",
            organisation.uuid(),
            user.uuid(),
        )
        .execute(&mut *tx)
        .await?;
        let entry = NewEntry::done(organisation, "member.remove", ("user", user.uuid()));
        self.record(&mut tx, scope, entry.with(json!({ "role": before }))).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Takes back what somebody has invited others by, and not been answered yet: nobody comes back by it.
async fn end_invitations_by(
    tx: &mut PgConnection,
    organisation: OrganisationId,
    inviter: UserId,
) -> Result<Vec<NewEntry>, StorageError> {
    let end = sqlx::query_scalar!(
        "UPDATE fresco.invitations SET revoked_at = now()
         WHERE organisation_id = $1 AND invited_by = $2 AND accepted_at IS NULL AND revoked_at IS NULL RETURNING id",
        organisation.uuid(),
        inviter.uuid(),
    );
    let ended = end.fetch_all(tx).await?.into_iter();
    Ok(ended.map(|id| NewEntry::done(organisation, "invitation.revoke", ("invitation", id))).collect())
}

/// What they are, under the organisation's lock.
pub(super) async fn locked_role(
    tx: &mut PgConnection,
    scope: Scope,
    organisation: OrganisationId,
    user: UserId,
) -> Result<Role, MembershipError> {
    if !lock(tx, scope, organisation).await? {
        return Err(MembershipError::NoOrganisation);
    }
    let query = sqlx::query_scalar!(
        "SELECT role FROM fresco.memberships WHERE organisation_id = $1 AND user_id = $2",
        organisation.uuid(),
        user.uuid(),
    );
    let found = query.fetch_optional(tx).await?.ok_or(MembershipError::NotAMember)?;
    Ok(role(organisation, &found)?)
}

pub(super) async fn set_role(
    tx: &mut PgConnection,
    organisation: OrganisationId,
    (user, to): (UserId, Role),
) -> Result<(), StorageError> {
    let update = sqlx::query!(
        "UPDATE fresco.memberships SET role = $3 WHERE organisation_id = $1 AND user_id = $2",
        organisation.uuid(),
        user.uuid(),
        to.as_str(),
    );
    update.execute(tx).await?;
    Ok(())
}

/// Under the organisation's lock: whether it keeps an owner without this one.
async fn another_owner(
    tx: &mut PgConnection,
    organisation: OrganisationId,
    user: UserId,
) -> Result<(), MembershipError> {
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM fresco.memberships
                          WHERE organisation_id = $1 AND user_id <> $2 AND role = 'owner') AS "others!""#,
        organisation.uuid(),
        user.uuid(),
    );
    if query.fetch_one(tx).await? { Ok(()) } else { Err(MembershipError::LastOwner) }
}

/// Whether the role may be given in this organisation by who is here; a personal one has one owner.
pub(crate) async fn may_give(
    tx: &mut PgConnection,
    scope: Scope,
    organisation: OrganisationId,
    role: Role,
) -> Result<(), MembershipError> {
    scope.may_grant(role)?;
    if role != Role::Owner {
        return Ok(());
    }
    let query = sqlx::query_scalar!("SELECT personal FROM fresco.organisations WHERE id = $1", organisation.uuid());
    if query.fetch_one(tx).await? { Err(MembershipError::Personal) } else { Ok(()) }
}

impl Scope {
    /// Whether who is here may give this role to others, and take it from them.
    fn may_grant(self, theirs: Role) -> Result<(), MembershipError> {
        match self {
            Self::Operator => Ok(()),
            Self::Member { role, .. } if role.may_grant(theirs) => Ok(()),
            Self::Member { role: yours, .. } => Err(MembershipError::AboveYou { yours, theirs }),
            Self::User(_) | Self::Visitor(_) => Err(MembershipError::NoOrganisation),
        }
    }
}
