//! A change of what should be: a new generation, its deployment and its event, in one transaction.

use chrono::{DateTime, Utc};
use domain::tenant::{DesiredState, TenantSpec};
use domain::{DeploymentId, TenantId};
use sqlx::PgConnection;

use super::{Tenant, with_tenant_columns};
use crate::claims::Priority;
use crate::deployments::Action;
use crate::error::StorageError;
use crate::json::{json, json_or_null};
use crate::page::Scope;
use crate::store::Store;

/// What people ask for.
#[derive(Clone, Debug)]
pub struct Change {
    pub action: Action,
    /// `None`: as it is.
    pub desired_state: Option<DesiredState>,
    /// `None`: as it is. [`Action::Restart`] counts `restarts` up by itself.
    pub spec: Option<TenantSpec>,
    /// Refuse if somebody else has changed it since.
    pub expected_generation: Option<i64>,
    pub deployment: DeploymentId,
    pub now: DateTime<Utc>,
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
    #[error("the tenant is destroyed, or being destroyed")]
    Destroyed,
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
        let mut tx = self.begin().await?;
        // First, because it locks the claim: whoever writes to a tenant holds that lock.
        sqlx::query!("SELECT fresco.ring(ARRAY[$1::uuid], $2)", id.uuid(), Priority::People.number())
            .execute(&mut *tx)
            .await?;
        let Some(tenant) = write(&mut tx, scope, id, &change).await? else {
            return Err(refusal(&mut tx, scope, id, &change).await?);
        };
        record(&mut tx, &tenant, &change).await?;
        tx.commit().await?;
        Ok(Changed { tenant, deployment: change.deployment })
    }
}

async fn write(
    tx: &mut PgConnection,
    scope: Scope,
    id: TenantId,
    change: &Change,
) -> Result<Option<Tenant>, StorageError> {
    let update = with_tenant_columns!(
        tenant_rows,
        "UPDATE fresco.tenants t
         SET generation = t.generation + 1, updated_at = $3, desired_state = coalesce($4, t.desired_state),
             destroy_after = CASE WHEN $4 = 'destroyed' THEN $3::timestamptz END,
             spec = CASE WHEN $7 THEN jsonb_set(coalesce($5, t.spec), '{restarts}',
                                                to_jsonb(coalesce((t.spec ->> 'restarts')::bigint, 0) + 1))
                    ELSE coalesce($5, t.spec) END
         WHERE t.id = $1 AND ($2::uuid IS NULL OR t.organisation_id = $2)
           AND t.destroyed_at IS NULL AND (t.desired_state <> 'destroyed' OR $8)
           AND (t.removal_started_at IS NULL OR $4 = 'destroyed')
           AND ($6::bigint IS NULL OR t.generation = $6)
         RETURNING",
        "",
        id.uuid(),
        scope.organisation(),
        change.now,
        change.desired_state.map(DesiredState::as_str),
        json_or_null(change.spec.as_ref()),
        change.expected_generation,
        change.action == Action::Restart,
        matches!(change.action, Action::Destroy | Action::Undo),
    );
    update.fetch_optional(tx).await?.map(Tenant::try_from).transpose()
}

/// Why the update found no row it may change.
async fn refusal(
    tx: &mut PgConnection,
    scope: Scope,
    id: TenantId,
    change: &Change,
) -> Result<ChangeError, StorageError> {
    let found = sqlx::query!(
        r#"SELECT generation, desired_state = 'destroyed' AS "destroyed!" FROM fresco.tenants
           WHERE id = $1 AND ($2::uuid IS NULL OR organisation_id = $2)"#,
        id.uuid(),
        scope.organisation(),
    );
    Ok(match found.fetch_optional(tx).await? {
        None => ChangeError::NotFound,
        Some(row) if change.expected_generation.is_some_and(|expected| expected != row.generation) => {
            ChangeError::GenerationMismatch { current: row.generation }
        }
        Some(_) => ChangeError::Destroyed,
    })
}

async fn record(tx: &mut PgConnection, tenant: &Tenant, change: &Change) -> Result<(), StorageError> {
    sqlx::query!(
        "WITH deployment AS (
             INSERT INTO fresco.deployments (id, tenant_id, generation, action, created_at) VALUES ($1, $2, $3, $4, $5)),
         revision AS (
             INSERT INTO fresco.tenant_revisions (tenant_id, generation, desired_state, spec, at)
             VALUES ($2, $3, $6, $7, $5)),
         event AS (
             INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, at)
             VALUES ($2, $3, $4, 'Asked for', $5))
         SELECT pg_notify('fresco_news', '')",
        change.deployment.uuid(),
        tenant.id.uuid(),
        tenant.generation,
        change.action.as_str(),
        change.now,
        tenant.desired_state.as_str(),
        json(&tenant.spec),
    )
    .execute(tx)
    .await?;
    Ok(())
}
