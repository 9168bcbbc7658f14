//! Ask that what is under way be left.

use axum::extract::State;
use domain::tenant::Operation;

use super::change::{Accepted, ask};
use crate::auth::{Configure, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Cancel what is under way
///
/// Back to the newest revision that the tenant was found to be like; a first deploy is stopped, a destroy undone. What is
/// cancelled ends as `cancelled` once nobody works towards it any more; `GET /tenants/{id}/wait` with its generation tells.
/// A release that is changing the database of an instance which was there before is not stopped half-way: it is waited for
/// (the step `outwait_release`), and nothing is started on what it leaves. `nothing_in_progress` if there is nothing to cancel.
#[utoipa::path(post, path = "/tenants/{id}/cancel", tag = "tenants", operation_id = "cancel_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    responses((status = 202, description = "It goes back", body = Accepted)))]
pub(crate) async fn cancel(
    access: TenantAccess<Configure>,
    State(state): State<ApiState>,
    if_match: IfMatch,
) -> Result<Accepted, ApiError> {
    ask(&state, &access, if_match, Operation::Cancel).await
}
