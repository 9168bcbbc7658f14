//! Holding on to a claim, and giving it up without a result.

use std::time::Duration;

use domain::image::ImagePin;

use super::{ClaimError, Lease, LeaseOwner, Renewed, held};
use crate::error::StorageError;
use crate::json::json;
use crate::store::Store;
use crate::tenants::{Tenant, with_tenant_columns};

impl Store {
    /// Keeps a lease for `lease` more from now.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken it.
    pub async fn renew(&self, lease: &Lease, hold: Duration) -> Result<Renewed, ClaimError> {
        let query = sqlx::query_scalar!(
            r#"UPDATE fresco.tenant_claims c SET lease_until = now() + make_interval(secs => $4)
               FROM fresco.tenants t
               WHERE c.tenant_id = $1 AND c.lease_owner = $2 AND c.epoch = $3 AND t.id = c.tenant_id
               RETURNING t.generation > c.taken AS "dirty!""#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            hold.as_secs_f64(),
        );
        Ok(Renewed { dirty: held(query.fetch_optional(self.pool()).await?)? })
    }

    /// The row as people want it now; from here on the holder works towards that, and nothing else: the newest deployment
    /// is marked as begun, older open ones as superseded or cancelled.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn reread(&self, lease: &Lease) -> Result<Tenant, ClaimError> {
        let query = with_tenant_columns!(
            tenant_rows,
            "WITH mine AS (
                 UPDATE fresco.tenant_claims c SET taken = t.generation FROM fresco.tenants t
                 WHERE c.tenant_id = $1 AND c.lease_owner = $2 AND c.epoch = $3 AND t.id = c.tenant_id
                 RETURNING c.tenant_id, c.taken),
             begun AS (
                 UPDATE fresco.deployments d
                 SET status = CASE WHEN d.generation = mine.taken THEN 'running'
                                   WHEN d.generation < back.generation THEN 'cancelled' ELSE 'superseded' END,
                     started_at = CASE WHEN d.generation = mine.taken THEN now() ELSE d.started_at END,
                     finished_at = CASE WHEN d.generation < mine.taken THEN now() END
                 FROM mine CROSS JOIN LATERAL (
                     SELECT max(b.generation) AS generation FROM fresco.deployments b
                     WHERE b.tenant_id = mine.tenant_id AND b.generation <= mine.taken AND b.finished_at IS NULL
                       AND b.action IN ('cancel', 'undo')) back
                 WHERE d.tenant_id = mine.tenant_id AND d.generation <= mine.taken AND d.finished_at IS NULL
                   AND (d.status = 'pending' OR d.generation < mine.taken))
             SELECT",
            "FROM mine JOIN fresco.tenants t ON t.id = mine.tenant_id",
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
        );
        Ok(Tenant::try_from(held(query.fetch_optional(self.pool()).await?)?)?)
    }

    /// Keeps what the image turned out to be. It doesn't wait for the disk: what a crash loses is settled again.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn pin_image(&self, lease: &Lease, pin: &ImagePin) -> Result<(), ClaimError> {
        let query = sqlx::query!(
            r#"WITH mine AS (
                 SELECT tenant_id FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE),
             pinned AS (
                 UPDATE fresco.tenants t SET pinned_image = $4 FROM mine WHERE t.id = mine.tenant_id RETURNING t.id)
             SELECT id AS "id!", set_config('synchronous_commit', 'off', true) AS unflushed FROM pinned"#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            json(pin),
        );
        held(query.fetch_optional(self.pool()).await?)?;
        Ok(())
    }

    /// Gives up whatever this owner holds, due at once: when a worker stops. What one held that died lapses. Answers with how
    /// many that were; their attempts stay counted.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn release_claims(&self, owner: LeaseOwner) -> Result<u64, StorageError> {
        let update = sqlx::query!(
            "WITH freed AS (
                 UPDATE fresco.tenant_claims
                 SET lease_owner = NULL, lease_until = NULL, epoch = epoch + 1, next_at = now()
                 WHERE lease_owner = $1 RETURNING tenant_id)
             SELECT tenant_id, pg_notify('fresco_doorbell', '') FROM freed",
            owner.0,
        );
        Ok(update.fetch_all(self.pool()).await?.len().try_into().unwrap_or(u64::MAX))
    }
}
