//! Telling an instance's owner that it runs, once.

use chrono::{DateTime, Utc};
use domain::{Email, TenantId};

use super::Tenant;
use crate::error::StorageError;
use crate::mails::NewMail;
use crate::mails::queue::queue;
use crate::scope::Scope;
use crate::store::Store;
use crate::users::address;

/// An instance that runs for the first time, which nobody has told its owner.
#[derive(Clone, Debug)]
pub struct NewlyReady {
    pub tenant: Tenant,
    /// Its owner's, if they are there still and may come in.
    pub owner: Option<Email>,
}

impl Store {
    /// So many of them at most.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn newly_ready(&self, limit: u16) -> Result<Vec<NewlyReady>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT t.id, CASE WHEN u.disabled_at IS NULL AND EXISTS (
                          SELECT FROM fresco.memberships m
                          WHERE m.organisation_id = t.organisation_id AND m.user_id = u.id) THEN u.email END AS email
               FROM fresco.tenants t JOIN fresco.users u ON u.id = t.owner
               WHERE t.ready_told_at IS NULL AND t.destroyed_at IS NULL AND t.status = 'active'
               ORDER BY t.id LIMIT $1"#,
            i64::from(limit),
        );
        let rows = query.fetch_all(&mut *self.begin_as(Scope::Operator).await?).await?;
        let mut all = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(tenant) = self.find_tenant(Scope::Operator, TenantId::from_uuid(row.id)).await? else { continue };
            let owner = row.email.as_deref().map(|text| address(tenant.owner, text)).transpose()?;
            all.push(NewlyReady { tenant, owner });
        }
        Ok(all)
    }

    /// Notes that an instance's owner is told, and queues the letter that does; `false` if that was done.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn tell_ready(
        &self,
        tenant: TenantId,
        (letter, now): (Option<NewMail>, DateTime<Utc>),
    ) -> Result<bool, StorageError> {
        let mut tx = self.begin_as(Scope::Operator).await?;
        let update = sqlx::query!(
            "UPDATE fresco.tenants SET ready_told_at = $2 WHERE id = $1 AND ready_told_at IS NULL",
            tenant.uuid(),
            now,
        );
        if update.execute(&mut *tx).await?.rows_affected() == 0 {
            return Ok(false);
        }
        queue(&mut tx, letter.as_slice()).await?;
        tx.commit().await?;
        Ok(true)
    }
}
