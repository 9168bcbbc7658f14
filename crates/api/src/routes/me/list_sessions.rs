//! Where one is logged in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::Session;
use crate::auth::Me;
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::routes::pages::PageOf;
use crate::state::ApiState;

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionPage {
    items: Vec<Session>,
    /// The next page's `cursor`; null on the last.
    next: Option<String>,
}

/// List your sessions
///
/// The newest first.
#[utoipa::path(get, path = "/me/sessions", tag = "me", operation_id = "list_sessions", security(("access_token" = [])),
    params(PageOf),
    responses((status = 200, description = "A page", body = SessionPage)))]
pub(crate) async fn list_sessions(
    me: Me,
    State(state): State<ApiState>,
    Parameters(query): Parameters<PageOf>,
) -> Result<Json<SessionPage>, ApiError> {
    let page = state.store.list_sessions(me.user, state.clock.now(), query.part(&state)?).await?;
    let items = page.items.into_iter().map(|session| Session::of(session, me.session)).collect();
    Ok(Json(SessionPage { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
