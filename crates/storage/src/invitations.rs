//! Invitations to organisations: for whoever has the address, once, for a time.
//!
//! Only the SHA-256 of an invitation's token is here; the token itself goes to the address by mail and is shown to nobody else.

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::{Email, InvitationId, OrganisationId, UserId};
use serde_json::json;
use uuid::Uuid;

use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::mails::NewMail;
use crate::mails::queue::queue;
use crate::organisations::{MembershipError, lock, may_give, role};
use crate::page::{Page, Part};
use crate::scope::Scope;
use crate::store::Store;

/// An invitation that is open, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub id: InvitationId,
    pub organisation: OrganisationId,
    pub email: Email,
    pub role: Role,
    pub invited_by: UserId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// An invitation to be kept.
#[derive(Clone)]
pub struct NewInvitation {
    pub id: InvitationId,
    pub organisation: OrganisationId,
    pub email: Email,
    pub role: Role,
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    pub invited_by: UserId,
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for NewInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInvitation").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Why there is no invitation.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    #[error("who has this address is a member")]
    AlreadyAMember,
    #[error(transparent)]
    Membership(#[from] MembershipError),
}

impl From<StorageError> for InviteError {
    fn from(error: StorageError) -> Self {
        Self::Membership(error.into())
    }
}

impl From<sqlx::Error> for InviteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Membership(error.into())
    }
}

impl Store {
    /// Keeps an invitation, and queues the letters that tell of it; an open one to the same address ends.
    ///
    /// # Errors
    /// [`InviteError`]; nothing has changed then.
    pub async fn create_invitation(
        &self,
        scope: Scope,
        new: &NewInvitation,
        letters: &[NewMail],
    ) -> Result<(), InviteError> {
        let mut tx = self.begin_as(scope).await?;
        if !lock(&mut tx, scope, new.organisation).await? {
            return Err(MembershipError::NoOrganisation.into());
        }
        may_give(&mut tx, scope, new.organisation, new.role).await?;
        let member = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM fresco.memberships m JOIN fresco.users u ON u.id = m.user_id
                              WHERE m.organisation_id = $1 AND lower(u.email) = $2) AS "member!""#,
            new.organisation.uuid(),
            new.email.key(),
        );
        if member.fetch_one(&mut *tx).await? {
            return Err(InviteError::AlreadyAMember);
        }
        sqlx::query!(
            "UPDATE fresco.invitations SET revoked_at = $3
             WHERE organisation_id = $1 AND lower(email) = $2 AND accepted_at IS NULL AND revoked_at IS NULL",
            new.organisation.uuid(),
            new.email.key(),
            new.now,
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO fresco.invitations (id, organisation_id, email, role, hash, invited_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            new.id.uuid(),
            new.organisation.uuid(),
            new.email.as_str(),
            new.role.as_str(),
            new.hash.as_slice(),
            new.invited_by.uuid(),
            new.now,
            new.expires_at,
        )
        .execute(&mut *tx)
        .await?;
        let entry = NewEntry::done(new.organisation, "invitation.create", ("invitation", new.id.uuid()));
        let data = json!({ "role": new.role, "expires_at": new.expires_at });
        self.record(&mut tx, scope, entry.called(new.email.as_str()).with(data)).await?;
        queue(&mut tx, letters).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Those that are open at `now`, the newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_invitations(
        &self,
        scope: Scope,
        organisation: OrganisationId,
        now: DateTime<Utc>,
        part: Part,
    ) -> Result<Page<Invitation>, StorageError> {
        let query = sqlx::query_as!(
            InvitationRow,
            "SELECT id, organisation_id, email, role, invited_by, created_at, expires_at FROM fresco.invitations
             WHERE organisation_id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)
               AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $3
               AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
             ORDER BY created_at DESC, id DESC LIMIT $6",
            organisation.uuid(),
            scope.organisation(),
            now,
            part.created_at(),
            part.id(),
            part.rows(),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        let items = rows.into_iter().map(Invitation::try_from).collect::<Result<_, _>>()?;
        Ok(part.page(items, |invitation: &Invitation| (invitation.created_at, invitation.id.uuid())))
    }

    /// Ends an open invitation; `false` if there is none with this id.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn revoke_invitation(
        &self,
        scope: Scope,
        (organisation, id): (OrganisationId, InvitationId),
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.invitations SET revoked_at = $4
             WHERE id = $1 AND organisation_id = $2 AND ($3::uuid IS NULL OR organisation_id = $3)
               AND accepted_at IS NULL AND revoked_at IS NULL",
            id.uuid(),
            organisation.uuid(),
            scope.organisation(),
            now,
        );
        let mut tx = self.begin_as(scope).await?;
        let done = update.execute(&mut *tx).await?.rows_affected() == 1;
        if done {
            let entry = NewEntry::done(organisation, "invitation.revoke", ("invitation", id.uuid()));
            self.record(&mut tx, scope, entry).await?;
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Makes somebody a member by an invitation, and tells of what; `None` if it is not good (any more), or not theirs: sent to
    /// another address, or theirs is not verified. Who is a member stays what they are.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn accept_invitation(
        &self,
        user: UserId,
        hash: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Option<(OrganisationId, Role)>, StorageError> {
        let mut tx = self.begin_as(Scope::User(user)).await?;
        let query = sqlx::query!(
            r#"SELECT organisation AS "organisation!", as_role AS "as_role!" FROM fresco.accept_invitation($1, $2)"#,
            hash.as_slice(),
            now,
        );
        let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(None) };
        let organisation = OrganisationId::from_uuid(row.organisation);
        let accepted = (organisation, role(organisation, &row.as_role)?);
        let entry = NewEntry::done(organisation, "invitation.accept", ("user", user.uuid()));
        self.record(&mut tx, Scope::User(user), entry.with(json!({ "role": accepted.1 }))).await?;
        tx.commit().await?;
        Ok(Some(accepted))
    }
}

struct InvitationRow {
    id: Uuid,
    organisation_id: Uuid,
    email: String,
    role: String,
    invited_by: Uuid,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StorageError;

    fn try_from(row: InvitationRow) -> Result<Self, StorageError> {
        let (id, organisation) = (InvitationId::from_uuid(row.id), OrganisationId::from_uuid(row.organisation_id));
        let email = Email::parse(&row.email).map_err(|source| StorageError::corrupt("invitations", id, source))?;
        Ok(Self {
            id,
            organisation,
            email,
            role: role(organisation, &row.role)?,
            invited_by: UserId::from_uuid(row.invited_by),
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}
