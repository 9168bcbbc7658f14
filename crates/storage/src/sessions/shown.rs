//! Whom a session stands for, at every request.

use chrono::{DateTime, Utc};
use domain::access::{Role, Standing};
use domain::{OrganisationId, SessionId, UserId};
use serde_json::json;

use crate::audit::NewEntry;
use crate::error::StorageError;
use crate::organisations::role;
use crate::scope::Scope;
use crate::store::Store;
use crate::users::standing;

/// Whom a session stands for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownSession {
    pub user: UserId,
    /// What they are in the organisation that was asked about; `None`: no member of it.
    pub role: Option<Role>,
    pub standing: Standing,
}

impl Store {
    /// Whom a session stands for; `None` if it has ended, or its owner was shut out. One round trip.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn find_session(
        &self,
        session: SessionId,
        organisation: Option<OrganisationId>,
        now: DateTime<Utc>,
    ) -> Result<Option<ShownSession>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT user_id AS "user_id!", role, standing AS "standing!" FROM fresco.session_shown($1, $2, $3)"#,
            session.uuid(),
            organisation.map(OrganisationId::uuid),
            now,
        );
        let Some(row) = query.fetch_optional(self.pool()).await? else { return Ok(None) };
        let role = row.role.as_deref().zip(organisation).map(|(text, organisation)| role(organisation, text));
        let user = UserId::from_uuid(row.user_id);
        Ok(Some(ShownSession { user, role: role.transpose()?, standing: standing(user, &row.standing)? }))
    }

    /// Has a session's next access tokens be for another organisation, whose member its owner must be; `false` if they are
    /// not, or it has ended.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn switch_organisation(
        &self,
        user: UserId,
        session: SessionId,
        to: OrganisationId,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let scope = Scope::User(user);
        let mut tx = self.begin_as(scope).await?;
        let update = sqlx::query!(
            "UPDATE fresco.sessions s SET organisation_id = $3
             WHERE s.id = $2 AND s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > $4
               AND EXISTS (SELECT FROM fresco.memberships m JOIN fresco.organisations o ON o.id = m.organisation_id
                           WHERE m.user_id = $1 AND m.organisation_id = $3 AND o.deleted_at IS NULL)",
            user.uuid(),
            session.uuid(),
            to.uuid(),
            now,
        );
        if update.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let entry = NewEntry::done(None, "session.switch", ("session", session.uuid()));
        self.record(&mut tx, scope, entry.with(json!({ "organisation": to }))).await?;
        tx.commit().await?;
        Ok(true)
    }
}
