//! Which keys there are.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::ApiKey;
use crate::auth::{OrgAccess, OwnKeys};
use crate::error::ApiError;
use crate::state::ApiState;

/// Those that you may see.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeys {
    items: Vec<ApiKey>,
}

/// List an organisation's keys
///
/// All that are not revoked, the oldest first, for who may manage them; else your own.
#[utoipa::path(get, path = "/organisations/{id}/api-keys", tag = "organisations", operation_id = "list_api_keys",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    responses((status = 200, description = "Those that you may see", body = ApiKeys)))]
pub(crate) async fn list(
    OrgAccess { organisation, caller, scope, .. }: OrgAccess<OwnKeys>,
    State(state): State<ApiState>,
) -> Result<Json<ApiKeys>, ApiError> {
    let whose = super::whose(&caller)?;
    let found = state.store.list_api_keys(scope, organisation.id, whose).await?;
    Ok(Json(ApiKeys { items: found.into_iter().map(ApiKey::from).collect() }))
}
