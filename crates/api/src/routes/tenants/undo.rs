//! Ask for a tenant back that is being destroyed.

use axum::extract::State;
use domain::tenant::Operation;

use super::change::{Accepted, ask};
use crate::auth::{Destroy, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Undo a destroy
///
/// Back to what it was before, as long as its removal has not begun: until `destroy_after` at least. `not_being_destroyed`
/// or `being_removed` otherwise; `too_many_tenants` if whose it is has as many others by now as one may have.
#[utoipa::path(post, path = "/tenants/{id}/undo-destroy", tag = "tenants", operation_id = "undo_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    responses((status = 202, description = "It comes back", body = Accepted)))]
pub(crate) async fn undo(
    access: TenantAccess<Destroy>,
    State(state): State<ApiState>,
    if_match: IfMatch,
) -> Result<Accepted, ApiError> {
    ask(&state, &access, if_match, Operation::Undo).await
}
