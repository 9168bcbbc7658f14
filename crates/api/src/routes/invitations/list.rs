//! Who is invited.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::Invitation;
use crate::auth::{ManageMembers, OrgAccess};
use crate::error::ApiError;
use crate::state::ApiState;

/// All that are open.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitations {
    items: Vec<Invitation>,
}

/// List an organisation's open invitations
///
/// The newest first.
#[utoipa::path(get, path = "/organisations/{id}/invitations", tag = "organisations", operation_id = "list_invitations",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    responses((status = 200, description = "All that are open", body = Invitations)))]
pub(crate) async fn list(
    OrgAccess { organisation, scope, .. }: OrgAccess<ManageMembers>,
    State(state): State<ApiState>,
) -> Result<Json<Invitations>, ApiError> {
    let found = state.store.list_invitations(scope, organisation.id, state.clock.now()).await?;
    Ok(Json(Invitations { items: found.into_iter().map(Invitation::from).collect() }))
}
