//! Open an instance to everybody, whatever its app says.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::first_visit;
use super::representation::Tenant;
use crate::auth::{Claim, TenantAccess};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// That it is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenTenant {
    /// The tenant's subdomain.
    #[schema(example = "my-study")]
    confirmation: String,
}

/// Open a tenant to everybody
///
/// For one that is set up though its app does not say so in the words its manifest knows, as a new version may. If it is
/// not set up, whoever comes first becomes its administrator. It can't be closed again.
#[utoipa::path(post, path = "/tenants/{id}/open", tag = "tenants", operation_id = "open_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    request_body = OpenTenant,
    responses(
        (status = 200, description = "It opens within seconds", body = Tenant),
        (status = 409, description = "`already_set_up`, `no_first_run` or `already_destroyed`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`confirmation_mismatch` or `invalid_request`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn open(
    TenantAccess { tenant, scope, .. }: TenantAccess<Claim>,
    State(state): State<ApiState>,
    Body(request): Body<OpenTenant>,
) -> Result<Json<Tenant>, ApiError> {
    first_visit(&state, &tenant)?;
    if request.confirmation != tenant.subdomain.as_str() {
        return Err(ApiError::ConfirmationMismatch(tenant.subdomain));
    }
    let message = "An operator has opened it to everybody";
    state.store.mark_set_up(scope, tenant.id, message, state.clock.now()).await?;
    let opened = state.store.find_tenant(scope, tenant.id).await?.unwrap_or(tenant);
    Ok(Json(Tenant::of(&state, scope, opened).await?))
}
