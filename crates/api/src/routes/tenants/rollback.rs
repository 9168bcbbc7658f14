//! Ask for a tenant to be what it was before.

use axum::extract::State;
use domain::tenant::Operation;

use super::change::{Accepted, Unchanged, ask};
use crate::auth::{Configure, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Roll a tenant back
///
/// To the newest revision that has served with another image or another spec: the very image it had then, and all its
/// settings. Its data stays as it is. `nothing_to_roll_back_to` if there is none.
#[utoipa::path(post, path = "/tenants/{id}/rollback", tag = "tenants", operation_id = "rollback_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    responses((status = 202, description = "It will be rolled back", body = Accepted), Unchanged))]
pub(crate) async fn rollback(
    access: TenantAccess<Configure>,
    State(state): State<ApiState>,
    if_match: IfMatch,
) -> Result<Accepted, ApiError> {
    ask(&state, &access, if_match, Operation::Rollback).await
}
