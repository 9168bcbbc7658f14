//! Tickets for WebSockets.

use axum::Json;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Caller, Unauthenticated};
use crate::error::ApiError;
use crate::sockets::{PROTOCOL, TICKET_LIFETIME};
use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(create))
}

/// Good for one WebSocket.
#[derive(Serialize, ToSchema)]
pub(crate) struct WsTicket {
    /// Shown as the second subprotocol, never in the URL.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    ticket: String,
    /// The first subprotocol.
    #[schema(example = "fresco.v1")]
    protocol: &'static str,
    /// Until when a socket must be opened with it.
    expires_at: DateTime<Utc>,
}

/// Make a ticket for a WebSocket
///
/// For browsers, which can't send `Authorization` with one: `new WebSocket(url, [protocol, ticket])`. It opens one socket, soon, as
/// whoever asked for it; `too_many_viewers` if too many wait to be used.
#[utoipa::path(post, path = "/ws-tickets", tag = "live", operation_id = "create_ws_ticket",
    responses((status = 201, description = "The ticket", body = WsTicket)))]
pub(crate) async fn create(
    _caller: Caller,
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<WsTicket>), ApiError> {
    // The caller is known by it.
    let authorization = headers.get(AUTHORIZATION).cloned().ok_or(Unauthenticated::Missing)?;
    let now = state.clock.now();
    let ticket = state.tickets.issue(authorization, now, &*state.entropy).ok_or(ApiError::TooManyViewers)?;
    let ticket = ticket.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(WsTicket { ticket, protocol: PROTOCOL, expires_at: now + TICKET_LIFETIME })))
}
