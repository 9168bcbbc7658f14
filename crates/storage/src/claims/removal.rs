//! The point of no return of a destroy.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{ClaimError, Lease, held};
use crate::json::storable;
use crate::store::Store;

impl Store {
    /// Notes that the tenant's objects will be removed from here on, and what there is to remove, as `inventory` in its
    /// receipt. `false` if people have changed their mind since the holder read the row: then nothing is noted, and nothing
    /// may be removed. Once noted it stays: `true` again, and nobody can undo the destroy any more.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn begin_removal(
        &self,
        lease: &Lease,
        inventory: &Value,
        now: DateTime<Utc>,
    ) -> Result<bool, ClaimError> {
        let query = sqlx::query_scalar!(
            r#"WITH mine AS (
                 SELECT tenant_id, taken FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE),
             begun AS (
                 UPDATE fresco.tenants t
                 SET removal_started_at = coalesce(t.removal_started_at, $5),
                     receipt = coalesce(t.receipt, jsonb_build_object('inventory', $4::jsonb))
                 FROM mine
                 WHERE t.id = mine.tenant_id
                   AND (t.removal_started_at IS NOT NULL
                        OR (t.desired_state = 'destroyed' AND t.generation = mine.taken))
                 RETURNING t.id)
             SELECT EXISTS (SELECT FROM begun) AS "begun!" FROM mine"#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            storable(inventory.clone()),
            now,
        );
        held(query.fetch_optional(self.pool()).await?)
    }
}
