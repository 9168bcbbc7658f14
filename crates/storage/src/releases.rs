//! Releases that are known to have done their work.

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::tenant::ReleaseRecord;

use crate::claims::{ClaimError, Lease, held};
use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

/// A recorded release, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Counts from 1 within a tenant.
    pub number: i32,
    pub image: String,
    pub at: DateTime<Utc>,
}

impl Store {
    /// Records a release; the same one again changes nothing.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn record_release(&self, lease: &Lease, record: &ReleaseRecord) -> Result<(), ClaimError> {
        let query = sqlx::query_scalar!(
            "WITH mine AS (
                 SELECT tenant_id FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE),
             newest AS (
                 SELECT number, image_id, database_oid, undone_at FROM fresco.tenant_releases
                 WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1),
             recorded AS (
                 INSERT INTO fresco.tenant_releases (tenant_id, number, image_id, database_oid, at)
                 SELECT tenant_id, coalesce((SELECT number FROM newest), 0) + 1, $4, $5, $6 FROM mine
                 WHERE NOT EXISTS (SELECT FROM newest
                                   WHERE image_id = $4 AND database_oid = $5 AND undone_at IS NULL))
             SELECT tenant_id FROM mine",
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            record.image.as_str(),
            i64::from(record.database.0),
            record.at,
        );
        held(query.fetch_optional(self.pool()).await?)?;
        Ok(())
    }

    /// A tenant's releases, the newest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn list_releases(
        &self,
        scope: Scope,
        tenant: TenantId,
        limit: u16,
    ) -> Result<Vec<Release>, StorageError> {
        let query = sqlx::query_as!(
            Release,
            "SELECT r.number, r.image_id AS image, r.at
             FROM fresco.tenant_releases r JOIN fresco.tenants t ON t.id = r.tenant_id
             WHERE r.tenant_id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2)
             ORDER BY r.number DESC LIMIT $3",
            tenant.uuid(),
            scope.organisation(),
            i64::from(limit),
        );
        Ok(query.fetch_all(&mut *self.begin_as(scope).await?).await?)
    }
}
