//! Delete an organisation that has no tenants.

use axum::extract::State;
use axum::http::StatusCode;

use crate::auth::{DeleteOrganisation, OrgAccess};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Delete an organisation
///
/// Only one whose tenants are all destroyed. Its members leave it, its invitations and its keys end.
#[utoipa::path(delete, path = "/organisations/{id}", tag = "organisations", operation_id = "delete_organisation",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 409, description = "`organisation_not_empty` or `personal_organisation`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    OrgAccess { organisation, scope, .. }: OrgAccess<DeleteOrganisation>,
    State(state): State<ApiState>,
) -> Result<StatusCode, ApiError> {
    state.store.delete_organisation(scope, organisation.id, state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
