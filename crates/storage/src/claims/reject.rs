//! A change that is given up.

use domain::tenant::Rejection;

use super::{ClaimError, Lease, held};
use crate::json::{json, storable};
use crate::store::Store;

impl Store {
    /// Keeps why the change that is wanted now was given up, so that it is not tried again unasked.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn record_rejection(&self, lease: &Lease, rejection: &Rejection) -> Result<(), ClaimError> {
        let query = sqlx::query!(
            r#"WITH mine AS (
                 SELECT tenant_id FROM fresco.tenant_claims
                 WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE)
               UPDATE fresco.tenants t SET rejected = $4 FROM mine WHERE t.id = mine.tenant_id RETURNING t.id"#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            storable(json(rejection)),
        );
        held(query.fetch_optional(self.pool()).await?)?;
        Ok(())
    }
}
