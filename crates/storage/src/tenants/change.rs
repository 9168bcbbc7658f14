//! A change of what should be: decided under the lock of the tenant's claim, and written with its revision, its secrets,
//! its deployment and its event in one statement.

use chrono::{DateTime, Utc};
use domain::tenant::operation::{Goal, LookBack, Revision, decide};
use domain::tenant::{DesiredState, Operation, Refusal};
use domain::{DeploymentId, TenantId};
use serde_json::json as object;
use sqlx::PgConnection;

use super::revision::RevisionRow;
use super::{Metadata, Tenant, tenant_of, with_tenant_columns};
use crate::audit::NewEntry;
use crate::claims::Priority;
use crate::deployments::Action;
use crate::error::StorageError;
use crate::json::{json, json_or_null};
use crate::room;
use crate::scope::Scope;
use crate::secrets::{NewSecret, SecretColumns};
use crate::store::Store;

/// What people ask for.
#[derive(Debug)]
pub struct Change {
    pub operation: Operation,
    /// Refuse if somebody else has changed it since.
    pub expected_generation: Option<i64>,
    /// Sealed values that the new spec names.
    pub secrets: Vec<NewSecret>,
    /// `None`: as it is.
    pub metadata: Option<Metadata>,
    /// How many instances whose it is may have with it, should it come back from a destroy; `None`: as many as they like.
    pub most: Option<u32>,
    /// Whether its first-run window begins anew with it.
    pub reopens: bool,
    pub deployment: DeploymentId,
    pub now: DateTime<Utc>,
}

impl Change {
    /// An operation that brings nothing with it.
    #[must_use]
    pub const fn plain(operation: Operation, deployment: DeploymentId, now: DateTime<Utc>) -> Self {
        Self {
            operation,
            expected_generation: None,
            secrets: Vec::new(),
            metadata: None,
            most: None,
            reopens: false,
            deployment,
            now,
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub tenant: Tenant,
    pub deployment: DeploymentId,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("there is no such tenant")]
    NotFound,
    #[error("somebody else has changed the tenant: it is at generation {current} now")]
    GenerationMismatch { current: i64 },
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// See [`Change::most`].
    #[error("its owner has {most} instances by now, and may have no more")]
    TooMany { most: u32 },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for ChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Store {
    /// Writes what should be, counts the generation up, and rings.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing has changed then.
    pub async fn change_tenant(&self, scope: Scope, id: TenantId, change: Change) -> Result<Changed, ChangeError> {
        let mut tx = self.begin_by_key(scope).await?;
        match changed(&mut tx, scope, id, &change).await {
            Ok(tenant) => {
                let action = Action::of(&change.operation);
                let entry = NewEntry::done(tenant.organisation, action.audited(), ("tenant", id.uuid()));
                let entry = entry.called(tenant.subdomain.as_str()).with(object!({ "generation": tenant.generation }));
                self.record(&mut tx, scope, entry).await?;
                if change.reopens {
                    self.ask_to_reopen(&mut tx, scope, (id, change.now)).await?;
                }
                tx.commit().await?;
                action.asked_for();
                Ok(Changed { tenant, deployment: change.deployment })
            }
            Err(error) => {
                // Now, rather than when the connection is used again: until then the worker would pass over the tenant.
                if let Err(error) = tx.rollback().await {
                    tracing::debug!(%error, "a refused change was not rolled back in order; its connection is gone");
                }
                Err(error)
            }
        }
    }
}

async fn changed(tx: &mut PgConnection, scope: Scope, id: TenantId, change: &Change) -> Result<Tenant, ChangeError> {
    // First, because it locks the claim: whoever writes to a tenant holds that lock.
    sqlx::query!("SELECT fresco.ring(ARRAY[$1::uuid], $2)", id.uuid(), Priority::People.number())
        .execute(&mut *tx)
        .await?;
    let (tenant, in_progress) = present(tx, scope, id).await?.ok_or(ChangeError::NotFound)?;
    let current = tenant.generation;
    if change.expected_generation.is_some_and(|expected| expected != current) {
        return Err(ChangeError::GenerationMismatch { current });
    }
    let back = match change.operation.looks_back(tenant.desired_state) {
        Some(look) => revision(tx, &tenant, look).await?,
        None => None,
    };
    let goal = decide(&change.operation, &tenant.standing(in_progress, back.as_ref()))?;
    // Undone or cancelled: one that was to go has no room kept for it.
    if tenant.desired_state == DesiredState::Destroyed
        && goal.desired_state != DesiredState::Destroyed
        && let Some(most) = room::full_of_instances(tx, tenant.owner, change.most).await?
    {
        return Err(ChangeError::TooMany { most });
    }
    Ok(write(tx, &tenant, goal, change).await?)
}

/// The tenant, and whether what was asked for last has not come to its end.
async fn present(tx: &mut PgConnection, scope: Scope, id: TenantId) -> Result<Option<(Tenant, bool)>, StorageError> {
    let query = with_tenant_columns!(
        tenant_records,
        r#"SELECT EXISTS (SELECT FROM fresco.deployments d
                          WHERE d.tenant_id = t.id AND d.generation = t.generation AND d.finished_at IS NULL)
                  AS "in_progress!","#,
        "FROM fresco.tenants t WHERE t.id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2)",
        id.uuid(),
        scope.organisation(),
    );
    let Some(row) = query.fetch_optional(tx).await? else { return Ok(None) };
    let in_progress = row.in_progress;
    Ok(Some((tenant_of!(row)?, in_progress)))
}

/// The newest revision before the present one that is as `look` says.
async fn revision(tx: &mut PgConnection, tenant: &Tenant, look: LookBack) -> Result<Option<Revision>, StorageError> {
    let image = tenant.spec.image_in_force(tenant.pinned_image.as_ref());
    let query = sqlx::query!(
        r#"SELECT generation, desired_state, spec, pinned_image,
                  (SELECT min(l.number) FROM fresco.tenant_releases l
                   WHERE l.tenant_id = r.tenant_id AND l.number > r.released AND l.undone_at IS NULL) AS released_over
         FROM fresco.tenant_revisions r
         WHERE tenant_id = $1 AND generation < $2
           AND CASE $3
               WHEN 'served' THEN converged_at IS NOT NULL AND desired_state = 'running'
                   AND (spec - '{restarts,refreshes,pin,restore,image_policy}'::text[]
                            <> $4::jsonb - '{restarts,refreshes,pin,restore,image_policy}'::text[]
                        OR coalesce(spec #>> '{pin,id}', pinned_image ->> 'id') IS DISTINCT FROM $5)
               WHEN 'held' THEN converged_at IS NOT NULL
               WHEN 'lived' THEN desired_state <> 'destroyed' END
         ORDER BY generation DESC LIMIT 1"#,
        tenant.id.uuid(),
        tenant.generation,
        match look {
            LookBack::Served => "served",
            LookBack::Held => "held",
            LookBack::Lived => "lived",
        },
        json(&tenant.spec),
        image.map(|pin| pin.id.as_str()),
    );
    let Some(row) = query.fetch_optional(tx).await? else { return Ok(None) };
    let released_over = row.released_over.map(i32::unsigned_abs);
    let row = RevisionRow {
        generation: row.generation,
        desired_state: row.desired_state,
        spec: row.spec,
        pinned_image: row.pinned_image,
    };
    let revision = row.read().map_err(|source| StorageError::corrupt("tenant_revisions", tenant.id, source))?;
    Ok(Some(Revision { released_over, ..revision }))
}

async fn write(tx: &mut PgConnection, tenant: &Tenant, goal: Goal, change: &Change) -> Result<Tenant, StorageError> {
    let secrets = SecretColumns::of(&change.secrets);
    let data = goal.back_to.map_or_else(|| object!({}), |generation| object!({ "back_to": generation }));
    let update = with_tenant_columns!(
        tenant_rows,
        "WITH t AS (
             UPDATE fresco.tenants
             SET generation = generation + 1, updated_at = $2, desired_state = $3, spec = $4, destroy_after = $5,
                 metadata = coalesce($6, metadata)
             WHERE id = $1 RETURNING *),
         secret AS (
             INSERT INTO fresco.tenant_secrets (tenant_id, name, version, sealed)
             SELECT t.id, given.* FROM t, unnest($7::text[], $8::int[], $9::bytea[]) given),
         deployment AS (
             INSERT INTO fresco.deployments (id, tenant_id, generation, action, metadata, created_at)
             SELECT $10, id, generation, $11, $12, $2 FROM t),
         revision AS (
             INSERT INTO fresco.tenant_revisions (tenant_id, generation, desired_state, spec, at)
             SELECT id, generation, $3, $4, $2 FROM t),
         event AS (
             INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, data, at)
             SELECT id, generation, $11, 'Asked for', $12, $2 FROM t),
         bell AS MATERIALIZED (SELECT pg_notify('fresco_news', ''))
         SELECT",
        "FROM t, bell",
        tenant.id.uuid(),
        change.now,
        goal.desired_state.as_str(),
        json(&goal.spec),
        goal.destroy_after,
        json_or_null(change.metadata.as_ref()),
        &secrets.names,
        &secrets.versions,
        &secrets.sealed,
        change.deployment.uuid(),
        Action::of(&change.operation).as_str(),
        data,
    );
    Tenant::try_from(update.fetch_one(tx).await?)
}
