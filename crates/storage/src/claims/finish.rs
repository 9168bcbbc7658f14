//! The end of a pass: what was seen, how the deployment ended, when to look again, and the claim given back, in one
//! statement.

use chrono::{DateTime, Utc};
use domain::tenant::{Condition, ContainerId, Status, World};

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
    const fn as_str(self) -> &'static str {
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
    /// `None` resets the attempts.
    pub error: Option<&'a Failure>,
    /// When to look again. Sooner if people have changed their mind meanwhile, or if somebody rang and nothing failed.
    pub next_at: DateTime<Utc>,
    pub next_priority: Priority,
    pub event: Option<NewEvent>,
    /// `None` leaves the deployment open. Older open ones are superseded either way; a tombstone ends newer ones too.
    pub deployment_outcome: Option<DeploymentOutcome>,
}

impl Store {
    /// Ends a pass and gives the claim back. It doesn't wait for the disk: if a crash of the database loses it, the lease
    /// lapses and the pass is made again, from what is there.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease; nothing is written then.
    pub async fn finish(&self, lease: &Lease, finished: &Finished<'_>) -> Result<(), ClaimError> {
        let event = finished.event.as_ref();
        let query = sqlx::query!(
            r#"WITH mine AS (
                SELECT tenant_id, taken, attempts FROM fresco.tenant_claims
                WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE),
            ended AS (
                UPDATE fresco.deployments d
                SET status = CASE WHEN d.generation < $8::bigint THEN 'superseded' ELSE $12 END,
                    error = CASE WHEN d.generation < $8 THEN NULL ELSE $10::jsonb END,
                    started_at = coalesce(d.started_at, $17::timestamptz), finished_at = $17
                FROM mine
                WHERE d.tenant_id = mine.tenant_id AND d.finished_at IS NULL
                  AND (d.generation < $8
                       OR ($12::text IS NOT NULL AND (d.generation = $8 OR $5::text = 'destroyed')))
                RETURNING d.action, d.status),
            seen AS (
                UPDATE fresco.tenants t
                SET observed = $4, status = $5::text, conditions = $6, container_id = $7, observed_generation = $8,
                    observed_at = $9, last_error = $10, current_step = NULL, step_started_at = NULL,
                    attempt = CASE WHEN $10::jsonb IS NULL THEN 0 ELSE mine.attempts END,
                    next_attempt_at = CASE WHEN $10::jsonb IS NULL THEN NULL ELSE $11::timestamptz END,
                    last_deployed_at = CASE WHEN EXISTS (
                        SELECT FROM ended WHERE status = 'succeeded' AND action IN ('deploy', 'update'))
                        THEN $17 ELSE t.last_deployed_at END,
                    destroyed_at = CASE WHEN $5 = 'destroyed' THEN $17 END
                FROM mine WHERE t.id = mine.tenant_id
                RETURNING t.id, t.destroyed_at, t.generation > mine.taken AS dirty),
            shredded AS (
                DELETE FROM fresco.tenant_secrets s USING seen WHERE s.tenant_id = seen.id AND seen.destroyed_at IS NOT NULL),
            event AS (
                INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, data, at)
                SELECT tenant_id, $8, $13::text, $14::text, $15::jsonb, $17 FROM mine WHERE $13::text IS NOT NULL),
            released AS (
                UPDATE fresco.tenant_claims c
                SET lease_owner = NULL, lease_until = NULL,
                    attempts = CASE WHEN $10::jsonb IS NULL THEN 0 ELSE c.attempts END,
                    priority = CASE WHEN seen.dirty THEN 0 ELSE $16::smallint END,
                    next_at = CASE WHEN seen.destroyed_at IS NOT NULL THEN NULL
                                   WHEN seen.dirty THEN now()
                                   WHEN $10::jsonb IS NULL THEN least(c.next_at, $11)
                                   ELSE $11 END
                FROM seen WHERE c.tenant_id = seen.id
                RETURNING c.tenant_id, c.next_at <= now() AS due)
            SELECT tenant_id, set_config('synchronous_commit', 'off', true) AS unflushed,
                   pg_notify('fresco_news', '') AS news,
                   CASE WHEN due THEN pg_notify('fresco_doorbell', '') END AS work
            FROM released"#,
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
        );
        held(query.fetch_optional(self.pool()).await?)?;
        Ok(())
    }
}
