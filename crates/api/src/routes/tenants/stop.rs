//! Ask for a tenant to stop.

use axum::extract::State;
use domain::tenant::Operation;

use super::change::{Accepted, ask};
use crate::auth::{Operate, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Stop a tenant
///
/// Its address closes first, then the app is asked to end, and killed when its time is over; its data stays.
/// `already_stopped` if it is stopped, or about to be.
#[utoipa::path(post, path = "/tenants/{id}/stop", tag = "tenants", operation_id = "stop_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    responses((status = 202, description = "It will be stopped", body = Accepted)))]
pub(crate) async fn stop(
    access: TenantAccess<Operate>,
    State(state): State<ApiState>,
    if_match: IfMatch,
) -> Result<Accepted, ApiError> {
    ask(&state, &access, if_match, Operation::Stop).await
}
