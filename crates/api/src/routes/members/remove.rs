//! End somebody's membership.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::member;
use crate::auth::{ManageMembers, OrgAccess};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Remove a member
///
/// None who is more than you are. The keys that they have made in this organisation end, also those of the organisation; what
/// else they made stays.
#[utoipa::path(delete, path = "/organisations/{id}/members/{user}", tag = "organisations", operation_id = "remove_member",
    params(("id" = String, Path, description = "`org_` and 32 hex digits"),
        ("user" = String, Path, description = "`usr_` and 32 hex digits")),
    responses(
        (status = 204, description = "They are none any more"),
        (status = 404, description = "`member_not_found` or `organisation_not_found`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`last_owner`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn remove(
    OrgAccess { organisation, scope, .. }: OrgAccess<ManageMembers>,
    State(state): State<ApiState>,
    Path((_id, user)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.store.remove_member(scope, organisation.id, member(&user)?, state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
