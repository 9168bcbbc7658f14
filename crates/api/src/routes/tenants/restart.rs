//! Ask for a tenant to begin anew.

use axum::extract::State;
use domain::tenant::Operation;

use super::change::{Accepted, ask};
use crate::auth::{Operate, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Restart a tenant
///
/// With a new container, which has to become ready as at a deploy. `not_running` if it is stopped.
#[utoipa::path(post, path = "/tenants/{id}/restart", tag = "tenants", operation_id = "restart_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    responses((status = 202, description = "It will be restarted", body = Accepted)))]
pub(crate) async fn restart(
    access: TenantAccess<Operate>,
    State(state): State<ApiState>,
    if_match: IfMatch,
) -> Result<Accepted, ApiError> {
    ask(&state, &access, if_match, Operation::Restart).await
}
