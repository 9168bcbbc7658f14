//! Ask for a tenant to run.

use axum::extract::State;
use domain::tenant::Operation;

use super::change::{Accepted, ask};
use crate::auth::{Operate, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Start a tenant
///
/// One that should run and is in trouble is tried again now. `already_running` if it runs, or is about to.
#[utoipa::path(post, path = "/tenants/{id}/start", tag = "tenants", operation_id = "start_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    responses((status = 202, description = "It will run", body = Accepted)))]
pub(crate) async fn start(
    access: TenantAccess<Operate>,
    State(state): State<ApiState>,
    if_match: IfMatch,
) -> Result<Accepted, ApiError> {
    ask(&state, &access, if_match, Operation::Start).await
}
