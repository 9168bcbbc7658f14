//! Where one is logged in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::Session;
use crate::auth::Me;
use crate::error::ApiError;
use crate::state::ApiState;

/// Where you are logged in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    items: Vec<Session>,
}

/// List your sessions
///
/// The one used last first.
#[utoipa::path(get, path = "/me/sessions", tag = "me", operation_id = "list_sessions", security(("access_token" = [])),
    responses((status = 200, description = "Those that have not ended", body = Sessions)))]
pub(crate) async fn list_sessions(me: Me, State(state): State<ApiState>) -> Result<Json<Sessions>, ApiError> {
    let found = state.store.list_sessions(me.user, state.clock.now()).await?;
    Ok(Json(Sessions { items: found.into_iter().map(|session| Session::of(session, me.session)).collect() }))
}
