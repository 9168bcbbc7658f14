//! A tenant's log as it comes.

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use logs::Watch;
use serde::Deserialize;
use utoipa::IntoParams;

use super::representation::Frame;
use super::wanted::{LevelWord, wanted};
use super::{cursor, refused};
use crate::auth::{ReadLogs, TenantAccess};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::sockets::{HEARTBEAT, LARGEST_MESSAGE, PROTOCOL, SocketAccess, Watched, alive, pump};
use crate::state::ApiState;

/// What to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamLogs {
    /// The last cursor one has: all that follows is shown, each once. Left out: what comes from now on.
    after: Option<String>,
    /// This level and graver ones; what has none counts as `info`.
    #[param(inline)]
    level: Option<LevelWord>,
    /// Entries that contain it, in any case.
    #[param(max_length = 1024)]
    query: Option<String>,
    /// `query` is a regular expression.
    regex: Option<bool>,
}

/// Watch a tenant's log
///
/// A WebSocket of the subprotocol `fresco.v1`, with JSON frames. Browsers show a ticket (`POST /ws-tickets`) as a second
/// subprotocol, others send `Authorization`. Whoever loses the connection comes back with `after`, and loses nothing and sees
/// nothing twice. `malformed_request`: it is no WebSocket; `too_many_viewers`; `log_cursor_gone`, `logs_unavailable`: as for a page.
#[utoipa::path(get, path = "/tenants/{id}/logs/stream", tag = "logs", operation_id = "stream_tenant_logs",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), StreamLogs),
    responses((status = 101, description = "Frames follow", body = Frame)))]
pub(crate) async fn stream(
    SocketAccess { access: TenantAccess { tenant, .. }, rights }: SocketAccess<TenantAccess<ReadLogs>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<StreamLogs>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|error| ApiError::Malformed(error.body_text()))?;
    let after = cursor("after", query.after.as_deref())?;
    let watch = Watch { after, wanted: wanted(query.level, query.query, query.regex)? };
    let seat = state.seats.take(Watched::Tenant(tenant.id)).ok_or(ApiError::TooManyViewers)?;
    let frames = alive(state.logs.watch(tenant.id, watch).await.map_err(refused)?, HEARTBEAT);
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| pump(socket, frames, (rights, state), seat)))
}
