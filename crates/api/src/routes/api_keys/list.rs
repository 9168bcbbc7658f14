//! Which keys there are.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::ApiKey;
use crate::auth::{OrgAccess, OwnKeys};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::routes::pages::PageOf;
use crate::state::ApiState;

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct ApiKeyPage {
    items: Vec<ApiKey>,
    /// The next page's `cursor`; null on the last.
    next: Option<String>,
}

/// List an organisation's keys
///
/// All that are not revoked, the oldest first, for who may manage them; else your own.
#[utoipa::path(get, path = "/organisations/{id}/api-keys", tag = "organisations", operation_id = "list_api_keys",
    params(("id" = String, Path, description = "`org_` and 32 hex digits"), PageOf),
    responses((status = 200, description = "A page", body = ApiKeyPage)))]
pub(crate) async fn list(
    OrgAccess { organisation, caller, scope, .. }: OrgAccess<OwnKeys>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<PageOf>,
) -> Result<Json<ApiKeyPage>, ApiError> {
    let whose = super::whose(&caller)?;
    let page = state.store.list_api_keys(scope, organisation.id, whose, query.part(&state)?).await?;
    let items = page.items.into_iter().map(ApiKey::from).collect();
    Ok(Json(ApiKeyPage { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
