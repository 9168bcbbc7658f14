//! Hand an organisation over.

use axum::extract::State;
use axum::http::StatusCode;
use domain::UserId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::{OrgAccess, TransferOwnership};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransferTo {
    /// A member.
    #[schema(example = "usr_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    user: String,
}

/// Hand an organisation over
///
/// The member becomes an owner, and you an admin: both or neither. Where an operator or a key of the organisation asks, the
/// other owners stay what they are.
#[utoipa::path(post, path = "/organisations/{id}/transfer-ownership", tag = "organisations",
    operation_id = "transfer_ownership",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    request_body = TransferTo,
    responses(
        (status = 204, description = "It is theirs"),
        (status = 404, description = "`member_not_found` or `organisation_not_found`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`personal_organisation`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn transfer_ownership(
    OrgAccess { organisation, caller, scope, .. }: OrgAccess<TransferOwnership>,
    State(state): State<ApiState>,
    Body(request): Body<TransferTo>,
) -> Result<StatusCode, ApiError> {
    let to = UserId::parse(&request.user).map_err(|error| ApiError::invalid(FieldError::body(["user"], error)))?;
    state.store.transfer_ownership(scope, organisation.id, caller.user(), to).await?;
    Ok(StatusCode::NO_CONTENT)
}
