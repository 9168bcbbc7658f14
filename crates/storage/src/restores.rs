//! Older data brought back: how far that has come, and what it means for what else is known of a tenant.

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::tenant::{ReleaseRecord, Restoration, RestorationStage, RestoreWish};

use crate::claims::{ClaimError, Lease, held, release};
use crate::error::StorageError;
use crate::json::json;
use crate::store::Store;

impl Store {
    /// Notes that a wish is begun: from here on the data may be anything, until it is noted how that ended.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn begin_restoration(&self, lease: &Lease, wish: RestoreWish) -> Result<(), ClaimError> {
        self.note_restoration(lease, Restoration { wish, stage: RestorationStage::Begun }).await
    }

    /// Notes that the data are again what they were before the wish was begun.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn undo_restoration(&self, lease: &Lease, wish: RestoreWish) -> Result<(), ClaimError> {
        self.note_restoration(lease, Restoration { wish, stage: RestorationStage::Undone }).await
    }

    async fn note_restoration(&self, lease: &Lease, restoration: Restoration) -> Result<(), ClaimError> {
        let update = sqlx::query!(
            "WITH mine AS (
                 SELECT tenant_id FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE)
             UPDATE fresco.tenants t SET restoration = $4 FROM mine WHERE t.id = mine.tenant_id RETURNING t.id",
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            json(&restoration),
        );
        held(update.fetch_optional(self.pool()).await?)?;
        Ok(())
    }

    /// Notes that the data are as wished, as they were at `taken_at`: the releases since are undone, and an instance that
    /// was set up later is not known to be any more, so that its gate closes.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn complete_restoration(
        &self,
        lease: &Lease,
        wish: RestoreWish,
        (taken_at, now): (DateTime<Utc>, DateTime<Utc>),
    ) -> Result<(), ClaimError> {
        let update = sqlx::query!(
            "WITH mine AS (
                 SELECT tenant_id FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE),
             undone AS (
                 UPDATE fresco.tenant_releases r SET undone_at = $6 FROM mine
                 WHERE r.tenant_id = mine.tenant_id AND r.number >= $5 AND r.undone_at IS NULL),
             open_again AS (
                 UPDATE fresco.tenant_first_runs f SET set_up_at = NULL FROM mine
                 WHERE f.tenant_id = mine.tenant_id AND f.set_up_at > $7)
             UPDATE fresco.tenants t SET restoration = $4 FROM mine WHERE t.id = mine.tenant_id RETURNING t.id",
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            json(&Restoration { wish, stage: RestorationStage::Done }),
            i32::try_from(wish.before_release).unwrap_or(i32::MAX),
            now,
            taken_at,
        );
        held(update.fetch_optional(self.pool()).await?)?;
        Ok(())
    }

    /// The newest release of a tenant that still counts, with those on the same database before it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn newest_release(&self, tenant: TenantId) -> Result<Option<ReleaseRecord>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT r.database_oid, r.at,
                      ARRAY(SELECT image_id FROM fresco.tenant_releases e
                            WHERE e.tenant_id = r.tenant_id AND e.database_oid = r.database_oid AND e.undone_at IS NULL
                            ORDER BY number DESC) AS "images!"
               FROM fresco.tenant_releases r WHERE r.tenant_id = $1 AND r.undone_at IS NULL
               ORDER BY r.number DESC LIMIT 1"#,
            tenant.uuid(),
        );
        let newest = query.fetch_optional(self.pool()).await?;
        newest.map(|row| release(tenant, &row.images, row.database_oid, row.at)).transpose()
    }
}
