//! Ask for a tenant's end.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::DeploymentId;
use domain::tenant::DesiredState;
use serde::{Deserialize, Serialize};
use storage::{Action, Change};
use utoipa::ToSchema;

use super::representation::Tenant;
use crate::auth::{Destroy, TenantAccess};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// That it is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DestroyTenant {
    /// The tenant's subdomain.
    #[schema(example = "my-study")]
    confirmation: String,
}

/// It is being destroyed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Destroying {
    tenant: Tenant,
    /// To wait for.
    generation: i64,
    deployment_id: String,
}

/// Destroy a tenant
///
/// Its address, its container, its database with all data, and its database role go, in this order.
#[utoipa::path(post, path = "/tenants/{id}/destroy", tag = "tenants", operation_id = "destroy_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    request_body = DestroyTenant,
    responses(
        (status = 202, description = "It will be destroyed", body = Destroying),
        (status = 409, description = "`already_destroyed`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`confirmation_mismatch` or `invalid_request`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn destroy(
    TenantAccess { tenant, scope, .. }: TenantAccess<Destroy>,
    State(state): State<ApiState>,
    Body(request): Body<DestroyTenant>,
) -> Result<(StatusCode, Json<Destroying>), ApiError> {
    if tenant.destroyed_at.is_some() {
        return Err(ApiError::AlreadyDestroyed("it is destroyed already"));
    }
    if tenant.desired_state == DesiredState::Destroyed {
        return Err(ApiError::AlreadyDestroyed("it is being destroyed already; wait for it"));
    }
    if request.confirmation != tenant.subdomain.as_str() {
        return Err(ApiError::ConfirmationMismatch(tenant.subdomain));
    }
    let now = state.clock.now();
    let change = Change {
        action: Action::Destroy,
        desired_state: Some(DesiredState::Destroyed),
        spec: None,
        expected_generation: None,
        deployment: DeploymentId::generate(now, &*state.entropy),
        now,
    };
    let changed = state.store.change_tenant(scope, tenant.id, change).await?;
    let destroying = Destroying {
        generation: changed.tenant.generation,
        deployment_id: changed.deployment.to_string(),
        tenant: Tenant::changed(&state, changed.tenant),
    };
    Ok((StatusCode::ACCEPTED, Json(destroying)))
}
