//! Making tenants due, and asking what is.

use std::time::Duration;

use domain::TenantId;
use sqlx::types::Uuid;

use super::{LeaseOwner, Priority};
use crate::error::StorageError;
use crate::store::Store;

impl Store {
    /// Makes a tenant due now. [`Priority::Background`] doesn't cut the back-off of one that fails.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn ring(&self, tenant: TenantId, priority: Priority) -> Result<(), StorageError> {
        self.ring_all(&[tenant], priority).await
    }

    /// The same for many, in one go.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn ring_all(&self, tenants: &[TenantId], priority: Priority) -> Result<(), StorageError> {
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        sqlx::query!("SELECT fresco.ring($1, $2)", &ids, priority.number()).execute(self.pool()).await?;
        Ok(())
    }

    /// Rings for tenants that were found not to be as their rows say. What their rows say is not known to be true from
    /// here on, however long it takes until somebody looks at each.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn ring_for_drift(&self, tenants: &[TenantId]) -> Result<(), StorageError> {
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        let mut tx = self.begin().await?;
        // The claims' rows are locked first, as everywhere.
        sqlx::query!("SELECT fresco.ring($1, $2)", &ids, Priority::Background.number()).execute(&mut *tx).await?;
        sqlx::query!(
            "UPDATE fresco.tenants SET status = 'unknown' WHERE id = ANY ($1) AND status IN ('active', 'stopped')",
            &ids,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Brings the looks at settled tenants forward, those that are due first: `per_second` of them from now on, `at_most` in all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn bring_looks_forward(&self, per_second: u16, at_most: u32) -> Result<(), StorageError> {
        let update = sqlx::query!(
            "WITH settled AS (
                SELECT tenant_id, now() + make_interval(secs => row_number() OVER (ORDER BY next_at) / $1::float8) AS turn
                FROM fresco.tenant_claims
                WHERE priority = 1 AND lease_until IS NULL AND attempts = 0 AND next_at > now()
                ORDER BY next_at LIMIT $2)
             UPDATE fresco.tenant_claims c SET next_at = turn FROM settled
             WHERE c.tenant_id = settled.tenant_id AND c.lease_until IS NULL AND c.attempts = 0 AND c.next_at > turn",
            f64::from(per_second),
            i64::from(at_most),
        );
        update.execute(self.pool()).await?;
        Ok(())
    }

    /// How long until the next tenant is due, or the next lease lapses, by the database's clock; nothing if one is due
    /// already.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn next_due(&self) -> Result<Option<Duration>, StorageError> {
        // One question a priority, as the index has it.
        let query = sqlx::query_scalar!(
            r#"SELECT extract(epoch FROM least(
                (SELECT min(coalesce(lease_until, next_at)) FROM fresco.tenant_claims WHERE priority = 0),
                (SELECT min(coalesce(lease_until, next_at)) FROM fresco.tenant_claims WHERE priority = 1)
                ) - now())::float8 AS "seconds?""#
        );
        let seconds = query.fetch_one(self.pool()).await?;
        Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }

    /// Which of these tenants, held by this owner, have been changed by people since it read them.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn running_dirty(&self, owner: LeaseOwner, held: &[TenantId]) -> Result<Vec<TenantId>, StorageError> {
        let held: Vec<Uuid> = held.iter().map(|tenant| tenant.uuid()).collect();
        let query = sqlx::query_scalar!(
            "SELECT c.tenant_id FROM fresco.tenant_claims c JOIN fresco.tenants t ON t.id = c.tenant_id
             WHERE c.tenant_id = ANY ($2) AND c.lease_owner = $1 AND t.generation > c.taken",
            owner.0,
            &held,
        );
        Ok(query.fetch_all(self.pool()).await?.into_iter().map(TenantId::from_uuid).collect())
    }
}
