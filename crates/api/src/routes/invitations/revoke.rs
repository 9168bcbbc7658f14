//! Take an invitation back.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::InvitationId;

use crate::auth::{ManageMembers, OrgAccess};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Revoke an invitation
#[utoipa::path(delete, path = "/organisations/{id}/invitations/{invitation}", tag = "organisations",
    operation_id = "revoke_invitation",
    params(("id" = String, Path, description = "`org_` and 32 hex digits"),
        ("invitation" = String, Path, description = "`inv_` and 32 hex digits")),
    responses(
        (status = 204, description = "It is good no more"),
        (status = 404, description = "`invitation_not_found` or `organisation_not_found`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn revoke(
    OrgAccess { organisation, scope, .. }: OrgAccess<ManageMembers>,
    State(state): State<ApiState>,
    Path((_id, invitation)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let id = InvitationId::parse(&invitation).map_err(|error| ApiError::InvitationNotFound(error.to_string()))?;
    if state.store.revoke_invitation(scope, (organisation.id, id), state.clock.now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::InvitationNotFound(format!("{id} was never here, was used, or has ended")))
}
