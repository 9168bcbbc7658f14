//! All tenants at a glance, to be compared with an inventory of the world.

use std::error::Error as StdError;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::tenant::{ContainerId, DesiredState, Status};

use super::readable;
use crate::error::StorageError;
use crate::json::word;
use crate::store::Store;

/// What an inventory should find of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    pub tenant: TenantId,
    pub desired_state: DesiredState,
    pub status: Status,
    pub container: Option<ContainerId>,
    pub generation: i64,
    pub observed_generation: i64,
    pub observed_at: Option<DateTime<Utc>>,
    /// Somebody is at it.
    pub claimed: bool,
    /// Claims since the last success.
    pub attempts: i32,
}

impl Store {
    /// All tenants that are not tombstones, in no order; one whose row is corrupt is named in the log and left out.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn expected(&self) -> Result<Vec<Expectation>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT t.id, t.desired_state, t.status, t.container_id, t.generation, t.observed_generation,
                      t.observed_at, c.lease_owner IS NOT NULL AS "claimed!", c.attempts
               FROM fresco.tenants t JOIN fresco.tenant_claims c ON c.tenant_id = t.id
               WHERE t.destroyed_at IS NULL"#
        );
        let rows = query.fetch_all(self.pool()).await?.into_iter();
        let expectation = rows.map(|row| {
            let tenant = TenantId::from_uuid(row.id);
            let words = words(&row.desired_state, &row.status, row.container_id.as_deref());
            let (desired_state, status, container) =
                words.map_err(|source| StorageError::corrupt("tenants", tenant, source))?;
            Ok(Expectation {
                tenant,
                desired_state,
                status,
                container,
                generation: row.generation,
                observed_generation: row.observed_generation,
                observed_at: row.observed_at,
                claimed: row.claimed,
                attempts: row.attempts,
            })
        });
        Ok(expectation.filter_map(readable).collect())
    }
}

type Words = (DesiredState, Status, Option<ContainerId>);

fn words(desired: &str, status: &str, container: Option<&str>) -> Result<Words, Box<dyn StdError + Send + Sync>> {
    Ok((word(desired)?, word(status)?, container.map(ContainerId::parse).transpose()?))
}
