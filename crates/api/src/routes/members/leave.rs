//! End one's own membership.

use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::{Me, OrgAccess, ViewOrganisation};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Leave an organisation
///
/// Whoever is a member may, but the last owner. The keys that you have made in it end, also those of the organisation. For people who have signed in; no key does it for them.
#[utoipa::path(post, path = "/organisations/{id}/leave", tag = "organisations", operation_id = "leave_organisation",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    responses(
        (status = 204, description = "You are no member any more"),
        (status = 409, description = "`last_owner`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn leave(
    me: Me,
    OrgAccess { organisation, scope, .. }: OrgAccess<ViewOrganisation>,
    State(state): State<ApiState>,
) -> Result<StatusCode, ApiError> {
    state.store.remove_member(scope, organisation.id, me.user, state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
