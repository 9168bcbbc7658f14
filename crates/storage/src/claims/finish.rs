//! The end of a pass: what was seen, how the deployment ended, when to look again, and the claim given back, in one
//! statement.

use chrono::{DateTime, Utc};
use domain::tenant::{Condition, ContainerId, Status, World};
use serde_json::Value;

use super::{ClaimError, Lease, Priority, held};
use crate::events::NewEvent;
use crate::json::{json, json_or_null, storable, without_nul};
use crate::store::Store;
use crate::tenants::Failure;

/// How the deployment of the generation worked towards has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentOutcome {
    Succeeded,
    Failed,
}

impl DeploymentOutcome {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// What a pass leaves behind.
#[derive(Clone, Debug)]
pub struct Finished<'a> {
    pub world: &'a World,
    /// [`Status::Destroyed`] makes a tombstone: its name is free, its secrets are gone.
    pub status: Status,
    pub conditions: &'a [Condition],
    pub container: Option<&'a ContainerId>,
    /// The generation the pass worked towards.
    pub observed_generation: i64,
    /// When the world was looked at: what is known of it is no fresher.
    pub observed_at: DateTime<Utc>,
    /// When the pass ended: what people are told of it happened then.
    pub ended_at: DateTime<Utc>,
    /// What people should know of; the attempts go on counting unless the tenant is [at rest](Finished::at_rest).
    pub error: Option<&'a Failure>,
    /// Whether there is nothing to try again: the attempts begin anew.
    pub at_rest: bool,
    /// When to look again, by the clock of `ended_at`: the database keeps the distance, so that a host whose clock is
    /// wrong neither forgets tenants nor looks at them all the time. Sooner if people have changed their mind meanwhile, or
    /// if somebody rang and nothing failed.
    pub next_at: DateTime<Utc>,
    pub next_priority: Priority,
    pub event: Option<NewEvent>,
    /// `None` leaves the deployment open. Older open ones are superseded either way; a tombstone ends newer ones too.
    pub deployment_outcome: Option<DeploymentOutcome>,
    /// Goes with a tombstone: what was found removed. Added to what [`Store::begin_removal`] has put down.
    pub receipt: Option<&'a Value>,
    /// Goes with a tombstone: until when nobody gets its name.
    pub quarantine_until: Option<DateTime<Utc>>,
}

impl Store {
    /// Ends a pass and gives the claim back. It doesn't wait for the disk: if a crash of the database loses it, the lease
    /// lapses and the pass is made again, from what is there.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease; nothing is written then.
    pub async fn finish(&self, lease: &Lease, finished: &Finished<'_>) -> Result<(), ClaimError> {
        let event = finished.event.as_ref();
        let query = sqlx::query_file!(
            "src/claims/finish.sql",
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            json(finished.world),
            finished.status.as_str(),
            json(&finished.conditions),
            finished.container.map(ContainerId::as_str),
            finished.observed_generation,
            finished.observed_at,
            json_or_null(finished.error),
            finished.next_at,
            finished.deployment_outcome.map(DeploymentOutcome::as_str),
            event.map(|event| event.kind),
            event.map(|event| without_nul(&event.message)),
            event.map(|event| storable(event.data.clone())).unwrap_or_default(),
            finished.next_priority.number(),
            finished.ended_at,
            json_or_null(finished.receipt),
            finished.quarantine_until,
            finished.at_rest,
        );
        held(query.fetch_optional(self.pool()).await?)?;
        Ok(())
    }
}
