//! Ask for a tenant's end.

use std::time::Duration;

use axum::extract::State;
use domain::tenant::Operation;
use serde::Deserialize;
use utoipa::ToSchema;

use super::change::{Accepted, ask};
use crate::auth::{Destroy, TenantAccess};
use crate::error::{ApiError, Problem};
use crate::extract::{Body, IfMatch};
use crate::state::ApiState;

/// That it is meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DestroyTenant {
    /// The tenant's subdomain.
    #[schema(example = "my-study")]
    confirmation: String,
    /// Not to be undone: all of it is removed at once, without the installation's time for second thoughts.
    #[serde(default)]
    immediately: bool,
}

/// Destroy a tenant
///
/// Its address and its container stop at once. It can be undone until `destroy_after`; then its container, its database
/// with all data and its database role are removed, and its record keeps a receipt. `already_destroyed` if somebody has
/// asked for that before, unless this asks for it sooner.
#[utoipa::path(post, path = "/tenants/{id}/destroy", tag = "tenants", operation_id = "destroy_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    request_body = DestroyTenant,
    responses(
        (status = 202, description = "It will be destroyed", body = Accepted),
        (status = 422, description = "`confirmation_mismatch` or `invalid_request`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn destroy(
    access: TenantAccess<Destroy>,
    State(state): State<ApiState>,
    if_match: IfMatch,
    Body(request): Body<DestroyTenant>,
) -> Result<Accepted, ApiError> {
    if request.confirmation != access.tenant.subdomain.as_str() {
        return Err(ApiError::ConfirmationMismatch(access.tenant.subdomain));
    }
    let grace = if request.immediately { Duration::ZERO } else { state.settings.destroy_grace };
    let after = state.clock.now() + grace;
    ask(&state, &access, if_match, Operation::Destroy { after }).await
}
