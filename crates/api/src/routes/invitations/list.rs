//! Who is invited.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::Invitation;
use crate::auth::{ManageMembers, OrgAccess};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::routes::pages::PageOf;
use crate::state::ApiState;

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationPage {
    items: Vec<Invitation>,
    /// The next page's `cursor`; null on the last.
    next: Option<String>,
}

/// List an organisation's open invitations
///
/// The newest first.
#[utoipa::path(get, path = "/organisations/{id}/invitations", tag = "organisations", operation_id = "list_invitations",
    params(("id" = String, Path, description = "`org_` and 32 hex digits"), PageOf),
    responses((status = 200, description = "A page", body = InvitationPage)))]
pub(crate) async fn list(
    OrgAccess { organisation, scope, .. }: OrgAccess<ManageMembers>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<PageOf>,
) -> Result<Json<InvitationPage>, ApiError> {
    let page = state.store.list_invitations(scope, organisation.id, state.clock.now(), query.part(&state)?).await?;
    let items = page.items.into_iter().map(Invitation::from).collect();
    Ok(Json(InvitationPage { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
