//! Let an instance's first-run window begin anew.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::DeploymentId;
use serde::Serialize;
use storage::{Action, Change};
use utoipa::ToSchema;

use super::first_visit;
use super::representation::Tenant;
use crate::auth::{Claim, TenantAccess};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// It is being reopened.
#[derive(Serialize, ToSchema)]
pub(crate) struct Reopening {
    tenant: Tenant,
    /// To wait for.
    generation: i64,
    deployment_id: String,
}

/// Let a tenant's first-run window begin anew
///
/// For an app that accepts its first visitor for some time only. Its clock is set back in its own database, and it is
/// restarted, since it remembers what it has read. Only its owner can come, by a claim link.
#[utoipa::path(post, path = "/tenants/{id}/reopen-setup", tag = "tenants", operation_id = "reopen_setup",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    responses(
        (status = 202, description = "It will begin anew", body = Reopening),
        (status = 409, description = "`already_set_up`, `no_first_run` or `already_destroyed`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn reopen_setup(
    TenantAccess { tenant, scope, .. }: TenantAccess<Claim>,
    State(state): State<ApiState>,
) -> Result<(StatusCode, Json<Reopening>), ApiError> {
    if first_visit(&state, &tenant)?.reopen.is_none() {
        return Err(ApiError::NoFirstRun("this app's first-run window can't begin anew"));
    }
    let now = state.clock.now();
    // First, so that the restart finds the wish: the worker grants it before it makes the next container.
    state.store.ask_to_reopen(tenant.id, now).await?;
    let change = Change {
        action: Action::Restart,
        desired_state: None,
        spec: None,
        expected_generation: None,
        deployment: DeploymentId::generate(now, &*state.entropy),
        now,
    };
    let changed = state.store.change_tenant(scope, tenant.id, change).await?;
    let reopening = Reopening {
        generation: changed.tenant.generation,
        deployment_id: changed.deployment.to_string(),
        tenant: Tenant::changed(&state, changed.tenant),
    };
    Ok((StatusCode::ACCEPTED, Json(reopening)))
}
