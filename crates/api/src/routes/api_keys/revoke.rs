//! End a key.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::ApiKeyId;

use crate::auth::{OrgAccess, OwnKeys};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Revoke a key
///
/// One of your own, or with the permission `api_keys.manage` anybody's in the organisation. At once and for good.
#[utoipa::path(delete, path = "/organisations/{id}/api-keys/{key}", tag = "organisations", operation_id = "revoke_api_key",
    params(("id" = String, Path, description = "`org_` and 32 hex digits"),
        ("key" = String, Path, description = "`key_` and 32 hex digits")),
    responses(
        (status = 204, description = "It is good no more"),
        (status = 404, description = "`api_key_not_found` or `organisation_not_found`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn revoke(
    OrgAccess { organisation, caller, scope, .. }: OrgAccess<OwnKeys>,
    State(state): State<ApiState>,
    Path((_id, key)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let id = ApiKeyId::parse(&key).map_err(|error| ApiError::ApiKeyNotFound(error.to_string()))?;
    let whose = super::whose(&caller)?;
    if state.store.revoke_api_key(scope, (organisation.id, id), whose, state.clock.now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::ApiKeyNotFound(format!("{id} was never here, is revoked, or is not yours to revoke")))
}
