//! Make a member something else.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::member;
use crate::auth::{ManageMembers, OrgAccess};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::routes::words::Role;
use crate::state::ApiState;

/// What they are to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRole {
    role: Role,
}

/// Change a member's role
///
/// Neither to more than you are, nor of those who are more. The keys that they have made are let as far as they are from now on.
#[utoipa::path(patch, path = "/organisations/{id}/members/{user}", tag = "organisations",
    operation_id = "change_member_role",
    params(("id" = String, Path, description = "`org_` and 32 hex digits"),
        ("user" = String, Path, description = "`usr_` and 32 hex digits")),
    request_body = ChangeRole,
    responses(
        (status = 204, description = "They are"),
        (status = 404, description = "`member_not_found` or `organisation_not_found`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`last_owner` or `personal_organisation`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn change_role(
    OrgAccess { organisation, scope, .. }: OrgAccess<ManageMembers>,
    State(state): State<ApiState>,
    Path((_id, user)): Path<(String, String)>,
    Body(request): Body<ChangeRole>,
) -> Result<StatusCode, ApiError> {
    state.store.change_role(scope, organisation.id, (member(&user)?, request.role.into())).await?;
    Ok(StatusCode::NO_CONTENT)
}
