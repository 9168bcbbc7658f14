//! Wait until a tenant is as it should be.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use domain::tenant::{DesiredState, Status};
use serde::{Deserialize, Serialize};
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
    /// Whether the tenant is as that generation, or a later one, says.
    reached: bool,
    /// Whether waiting longer is of no use: it failed, and is not tried again before somebody changes something.
    failed: bool,
    tenant: Tenant,
}

const DEFAULT_PATIENCE: Duration = Duration::from_secs(30);

/// Wait for a tenant
///
/// A long poll: answers when the tenant is as it should be, when it has failed for good, or when the time is over.
#[utoipa::path(get, path = "/tenants/{id}/wait", tag = "tenants", operation_id = "wait_for_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), WaitForTenant),
    responses((status = 200, description = "How it stands", body = Waited)))]
pub(crate) async fn wait(
    TenantAccess { mut tenant, scope, .. }: TenantAccess<View>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<WaitForTenant>,
) -> Result<Json<Waited>, ApiError> {
    let generation = query.generation.unwrap_or(tenant.generation);
    if generation > tenant.generation {
        let detail = format!("the tenant is at generation {}; there is no {generation} to wait for", tenant.generation);
        return Err(ApiError::invalid(FieldError::parameter("generation", detail)));
    }
    let until = Instant::now() + patience(&state, query.timeout, DEFAULT_PATIENCE);
    let mut news = state.news.listen(tenant.id);
    loop {
        // Looked at again the first time too: something may have happened before we listened.
        let found = state.store.find_tenant(scope, tenant.id).await?;
        tenant = found.ok_or_else(|| ApiError::TenantNotFound("it is gone since the request began".to_owned()))?;
        let (reached, failed) = (has_reached(&tenant, generation), has_failed(&tenant, generation));
        if reached || failed || !news.wait(until, &state.stop).await {
            return Ok(Json(Waited { reached, failed, tenant: Tenant::of(&state, tenant).await? }));
        }
    }
}

/// Looked at since the change, found as it should be, and nothing is under way.
fn has_reached(tenant: &storage::Tenant, generation: i64) -> bool {
    let as_wished = match tenant.desired_state {
        DesiredState::Running => Status::Active,
        DesiredState::Stopped => Status::Stopped,
        DesiredState::Destroyed => Status::Destroyed,
    };
    tenant.observed_generation >= generation && tenant.status == as_wished && tenant.current_step.is_none()
}

fn has_failed(tenant: &storage::Tenant, generation: i64) -> bool {
    let permanent = tenant.last_error.as_ref().is_some_and(|error| error.permanent);
    tenant.observed_generation >= generation && permanent && tenant.current_step.is_none()
}
