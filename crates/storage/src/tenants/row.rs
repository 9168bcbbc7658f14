//! From the row as PostgreSQL has it to the tenant, or to the word that it makes no sense.

use std::error::Error as StdError;

use chrono::{DateTime, Utc};
use domain::tenant::{ContainerId, Subdomain};
use domain::{OrganisationId, TenantId, UserId};
use serde_json::Value;
use uuid::Uuid;

use super::revision::RevisionRow;
use super::{CurrentStep, Tenant};
use crate::error::StorageError;
use crate::json::word;

#[derive(Debug)]
pub(crate) struct TenantRow {
    pub(crate) id: Uuid,
    pub(crate) organisation_id: Uuid,
    pub(crate) owner: Uuid,
    pub(crate) subdomain: String,
    pub(crate) metadata: Value,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
    pub(crate) desired_state: String,
    pub(crate) generation: i64,
    pub(crate) spec: Value,
    pub(crate) status: String,
    pub(crate) container_id: Option<String>,
    pub(crate) observed: Option<Value>,
    pub(crate) observed_generation: i64,
    pub(crate) observed_at: Option<DateTime<Utc>>,
    pub(crate) conditions: Value,
    pub(crate) pinned_image: Option<Value>,
    pub(crate) current_step: Option<Value>,
    pub(crate) step_started_at: Option<DateTime<Utc>>,
    pub(crate) last_error: Option<Value>,
    pub(crate) attempt: i32,
    pub(crate) next_attempt_at: Option<DateTime<Utc>>,
    pub(crate) last_deployed_at: Option<DateTime<Utc>>,
    pub(crate) destroyed_at: Option<DateTime<Utc>>,
    pub(crate) destroy_after: Option<DateTime<Utc>>,
    pub(crate) removal_started_at: Option<DateTime<Utc>>,
    pub(crate) receipt: Option<Value>,
    pub(crate) quarantine_until: Option<DateTime<Utc>>,
    pub(crate) first_run: Value,
    pub(crate) rejected: Option<Value>,
    /// The newest revision that has served, unless the present one has.
    pub(crate) before: Option<Value>,
    pub(crate) restoration: Option<Value>,
}

/// Calls `$then!` with the columns of a [`TenantRow`], where `t` is the tenants' table. sqlx wants its text as literals, so
/// the one list of columns is a macro.
macro_rules! with_tenant_columns {
    ($then:ident, $($rest:tt)*) => {
        $crate::tenants::$then! {
            r#" t.id AS "id!", t.organisation_id AS "organisation_id!", t.owner AS "owner!",
                t.subdomain AS "subdomain!", t.metadata AS "metadata!", t.created_at AS "created_at!",
                t.updated_at AS "updated_at!", t.desired_state AS "desired_state!", t.generation AS "generation!",
                t.spec AS "spec!", t.status AS "status!", t.container_id AS "container_id?", t.observed AS "observed?",
                t.observed_generation AS "observed_generation!", t.observed_at AS "observed_at?",
                t.conditions AS "conditions!", t.pinned_image AS "pinned_image?", t.current_step AS "current_step?",
                t.step_started_at AS "step_started_at?", t.last_error AS "last_error?", t.attempt AS "attempt!",
                t.next_attempt_at AS "next_attempt_at?", t.last_deployed_at AS "last_deployed_at?",
                t.destroyed_at AS "destroyed_at?", t.destroy_after AS "destroy_after?",
                t.removal_started_at AS "removal_started_at?", t.receipt AS "receipt?",
                t.quarantine_until AS "quarantine_until?",
                (SELECT jsonb_build_object(
                     'set_up_at', f.set_up_at, 'reopen_asked_at', f.reopen_asked_at,
                     'reopen_granted', f.reopen_granted, 'reopened_at', f.reopened_at,
                     'released_at', (SELECT l.at FROM fresco.tenant_releases l WHERE l.tenant_id = t.id AND l.number = 1),
                     'claimed_until', (SELECT max(k.expires_at) FROM fresco.tenant_gate_keys k
                                       WHERE k.tenant_id = t.id AND k.kind = 'session'))
                 FROM (VALUES (0)) one (row) LEFT JOIN fresco.tenant_first_runs f ON f.tenant_id = t.id) AS "first_run!",
                t.rejected AS "rejected?",
                (SELECT jsonb_build_object('generation', r.generation, 'desired_state', r.desired_state,
                                           'spec', r.spec, 'pinned_image', r.pinned_image)
                 FROM fresco.tenant_revisions r
                 WHERE r.tenant_id = t.id AND r.generation < t.generation
                   AND r.desired_state = 'running' AND r.converged_at IS NOT NULL
                   AND NOT EXISTS (SELECT FROM fresco.tenant_revisions n
                                   WHERE n.tenant_id = t.id AND n.generation = t.generation
                                     AND n.converged_at IS NOT NULL)
                 ORDER BY r.generation DESC LIMIT 1) AS "before?",
                t.restoration AS "restoration?" "#,
            $($rest)*
        }
    };
}
pub(crate) use with_tenant_columns;

/// A checked query for tenants: `with_tenant_columns!(tenant_rows, before the columns, after them, parameters…)`.
macro_rules! tenant_rows {
    ($columns:tt, $before:tt, $after:tt $(+ $more:tt)* $(, $parameter:expr)* $(,)?) => {
        sqlx::query_as!($crate::tenants::TenantRow, $before + $columns + $after $(+ $more)* $(, $parameter)*)
    };
}
pub(crate) use tenant_rows;

/// The same for records that hold more than a tenant; [`tenant_of`] takes it out.
macro_rules! tenant_records {
    ($columns:tt, $before:tt, $after:tt $(, $parameter:expr)* $(,)?) => {
        sqlx::query!($before + $columns + $after $(, $parameter)*)
    };
}
pub(crate) use tenant_records;

/// The tenant in a record of [`tenant_records`].
macro_rules! tenant_of {
    ($record:ident) => {
        $crate::tenants::Tenant::try_from($crate::tenants::TenantRow {
            id: $record.id,
            organisation_id: $record.organisation_id,
            owner: $record.owner,
            subdomain: $record.subdomain,
            metadata: $record.metadata,
            created_at: $record.created_at,
            updated_at: $record.updated_at,
            desired_state: $record.desired_state,
            generation: $record.generation,
            spec: $record.spec,
            status: $record.status,
            container_id: $record.container_id,
            observed: $record.observed,
            observed_generation: $record.observed_generation,
            observed_at: $record.observed_at,
            conditions: $record.conditions,
            pinned_image: $record.pinned_image,
            current_step: $record.current_step,
            step_started_at: $record.step_started_at,
            last_error: $record.last_error,
            attempt: $record.attempt,
            next_attempt_at: $record.next_attempt_at,
            last_deployed_at: $record.last_deployed_at,
            destroyed_at: $record.destroyed_at,
            destroy_after: $record.destroy_after,
            removal_started_at: $record.removal_started_at,
            receipt: $record.receipt,
            quarantine_until: $record.quarantine_until,
            first_run: $record.first_run,
            rejected: $record.rejected,
            before: $record.before,
            restoration: $record.restoration,
        })
    };
}
pub(crate) use tenant_of;

impl TryFrom<TenantRow> for Tenant {
    type Error = StorageError;

    fn try_from(row: TenantRow) -> Result<Self, StorageError> {
        let id = TenantId::from_uuid(row.id);
        read(id, row).map_err(|source| StorageError::corrupt("tenants", id, source))
    }
}

fn read(id: TenantId, row: TenantRow) -> Result<Tenant, Box<dyn StdError + Send + Sync>> {
    let current_step = row.current_step.map(serde_json::from_value).transpose()?;
    Ok(Tenant {
        id,
        organisation: OrganisationId::from_uuid(row.organisation_id),
        owner: UserId::from_uuid(row.owner),
        subdomain: Subdomain::parse(&row.subdomain)?,
        metadata: serde_json::from_value(row.metadata)?,
        created_at: row.created_at,
        updated_at: row.updated_at,
        desired_state: word(&row.desired_state)?,
        generation: row.generation,
        spec: serde_json::from_value(row.spec)?,
        before: row.before.map(|before| serde_json::from_value::<RevisionRow>(before)?.read()).transpose()?,
        status: word(&row.status)?,
        container: row.container_id.as_deref().map(ContainerId::parse).transpose()?,
        observed: row.observed.map(serde_json::from_value).transpose()?.unwrap_or_default(),
        observed_generation: row.observed_generation,
        observed_at: row.observed_at,
        conditions: serde_json::from_value(row.conditions)?,
        pinned_image: row.pinned_image.map(serde_json::from_value).transpose()?,
        current_step: current_step.zip(row.step_started_at).map(|(step, since)| CurrentStep { step, since }),
        last_error: row.last_error.map(serde_json::from_value).transpose()?,
        attempt: row.attempt,
        next_attempt_at: row.next_attempt_at,
        last_deployed_at: row.last_deployed_at,
        destroyed_at: row.destroyed_at,
        destroy_after: row.destroy_after,
        removal_started_at: row.removal_started_at,
        receipt: row.receipt,
        rejected: row.rejected.map(serde_json::from_value).transpose()?,
        restoration: row.restoration.map(serde_json::from_value).transpose()?,
        quarantine_until: row.quarantine_until,
        first_run: serde_json::from_value(row.first_run)?,
    })
}
