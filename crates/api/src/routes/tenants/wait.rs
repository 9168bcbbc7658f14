//! Wait until a tenant is as it should be.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use storage::{DeploymentStatus, RowState, Scope, StorageError};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use super::patience;
use super::representation::Tenant;
use crate::auth::{TenantAccess, View};
use crate::error::{ApiError, FieldError};
use crate::extract::Parameters;
use crate::state::ApiState;

/// For what, and how long.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitForTenant {
    /// The generation a change was accepted with; left out: the newest.
    #[param(minimum = 1)]
    generation: Option<i64>,
    /// Seconds; 30 if left out. The server may answer earlier: ask again until `reached`.
    timeout: Option<u64>,
}

/// How it stands after the wait.
#[derive(Serialize, ToSchema)]
pub(crate) struct Waited {
    /// How what was asked for with that generation has ended; null: it has not.
    outcome: Option<Outcome>,
    /// Whether it succeeded.
    reached: bool,
    /// Whether it failed.
    failed: bool,
    tenant: Tenant,
}

/// How something that was asked for has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The tenant was found to be so.
    Succeeded,
    /// It is not tried again before somebody changes something.
    Failed,
    /// Something else was asked for before it ended.
    Superseded,
    /// It was not to be, and nobody works towards it any more.
    Cancelled,
}

const DEFAULT_PATIENCE: Duration = Duration::from_secs(30);

/// Wait for a tenant
///
/// A long poll: answers when what was asked for with that generation has ended, one way or another, or when the time is
/// over.
#[utoipa::path(get, path = "/tenants/{id}/wait", tag = "tenants", operation_id = "wait_for_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), WaitForTenant),
    responses((status = 200, description = "How it stands", body = Waited)))]
pub(crate) async fn wait(
    TenantAccess { mut tenant, scope, .. }: TenantAccess<View>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<WaitForTenant>,
) -> Result<Json<Waited>, ApiError> {
    let generation = query.generation.unwrap_or(tenant.generation);
    if !(1..=tenant.generation).contains(&generation) {
        let detail = format!("the tenant is at generation {}; there is no {generation} to wait for", tenant.generation);
        return Err(ApiError::invalid(FieldError::parameter("generation", detail)));
    }
    let until = Instant::now() + patience(&state, query.timeout, DEFAULT_PATIENCE);
    let mut news = state.news.listen(tenant.id);
    loop {
        // Looked at again the first time too: something may have happened before we listened.
        let found = state.store.find_tenant(scope, tenant.id).await?;
        tenant = found.ok_or_else(|| ApiError::TenantNotFound("it is gone since the request began".to_owned()))?;
        let outcome = outcome(&state, scope, &tenant, generation).await?;
        // Nothing ends while a step is under way, but by something else that is asked for.
        let newest = tenant.generation;
        let ends = |row: RowState| !row.under_way || row.generation != newest;
        if outcome.is_some() || !news.wait(until, &state.stop, ends).await {
            let (reached, failed) = (outcome == Some(Outcome::Succeeded), outcome == Some(Outcome::Failed));
            return Ok(Json(Waited { outcome, reached, failed, tenant: Tenant::of(&state, scope, tenant).await? }));
        }
    }
}

/// The row tells of the newest generation, also when a failure for good has mended itself; an older one has ended, or will
/// as soon as the worker has read the newer.
async fn outcome(
    state: &ApiState,
    scope: Scope,
    tenant: &storage::Tenant,
    generation: i64,
) -> Result<Option<Outcome>, StorageError> {
    if generation == tenant.generation {
        let reached = has_reached(tenant).then_some(Outcome::Succeeded);
        return Ok(reached.or_else(|| has_failed(tenant).then_some(Outcome::Failed)));
    }
    let status = state.store.deployment_status(scope, tenant.id, generation).await?;
    Ok(match status {
        Some(DeploymentStatus::Pending | DeploymentStatus::Running) => None,
        Some(DeploymentStatus::Succeeded) => Some(Outcome::Succeeded),
        Some(DeploymentStatus::Failed) => Some(Outcome::Failed),
        Some(DeploymentStatus::Cancelled) => Some(Outcome::Cancelled),
        Some(DeploymentStatus::Superseded) | None => Some(Outcome::Superseded),
    })
}

/// Looked at since the change, found as it should be, and nothing is under way.
fn has_reached(tenant: &storage::Tenant) -> bool {
    let as_wished = tenant.status == tenant.desired_state.status() && tenant.last_error.is_none();
    tenant.observed_generation == tenant.generation && as_wished && tenant.current_step.is_none()
}

fn has_failed(tenant: &storage::Tenant) -> bool {
    let permanent = tenant.last_error.as_ref().is_some_and(|error| error.permanent);
    tenant.observed_generation == tenant.generation && permanent && tenant.current_step.is_none()
}
