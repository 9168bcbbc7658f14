//! What a holder is at, for those who watch.

use chrono::{DateTime, Utc};
use domain::tenant::{Status, Step};

use super::{ClaimError, Lease, held};
use crate::json::{json, json_or_null};
use crate::store::Store;

/// A line of progress.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// `None`: at no step.
    pub step: Option<&'a Step>,
    /// What is done at the same time: lines of history, told before its own.
    pub beside: &'a [Step],
    pub status: Status,
    /// For people.
    pub message: &'a str,
    pub at: DateTime<Utc>,
}

impl Store {
    /// Shows what the holder is at, and adds a line to the tenant's history. It doesn't wait for the disk: a crash of the
    /// database loses a line of history, nothing else.
    ///
    /// # Errors
    /// [`ClaimError::Lost`] if somebody else has taken the lease.
    pub async fn progress(&self, lease: &Lease, progress: &Progress<'_>) -> Result<(), ClaimError> {
        let beside = progress.beside.iter().map(|step| (step.name(), step.describe(), json(step)));
        let (step, name) = (json_or_null(progress.step), progress.step.map_or("progress", Step::name));
        let line = (name, progress.message, step.clone().unwrap_or_default());
        let (mut kinds, mut messages, mut data) = (Vec::new(), Vec::new(), Vec::new());
        for (kind, message, value) in beside.chain([line]) {
            kinds.push(kind);
            messages.push(message);
            data.push(value);
        }
        let query = sqlx::query!(
            r#"WITH mine AS (
                SELECT tenant_id, taken FROM fresco.tenant_claims
                WHERE tenant_id = $1 AND lease_owner = $2 AND epoch = $3 FOR UPDATE),
            seen AS (
                UPDATE fresco.tenants t
                SET status = $4, current_step = $5,
                    step_started_at = CASE WHEN $5::jsonb IS NOT NULL THEN $8::timestamptz END
                FROM mine WHERE t.id = mine.tenant_id RETURNING t.id),
            event AS (
                INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, data, at)
                SELECT tenant_id, taken, line.kind, line.message, line.data, $8
                FROM mine, unnest($6::text[], $7::text[], $9::jsonb[]) line (kind, message, data))
            SELECT id AS "id!", set_config('synchronous_commit', 'off', true) AS unflushed,
                   pg_notify('fresco_news', '') AS rung
            FROM seen"#,
            lease.tenant.uuid(),
            lease.owner.0,
            lease.epoch,
            progress.status.as_str(),
            step,
            &kinds as &[&str],
            &messages as &[&str],
            progress.at,
            &data,
        );
        held(query.fetch_optional(self.pool()).await?)?;
        Ok(())
    }
}
