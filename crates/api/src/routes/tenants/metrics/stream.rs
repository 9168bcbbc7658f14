//! What a tenant uses, as it is sampled.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use chrono::TimeDelta;
use domain::TenantId;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde::Serialize;
use storage::{Scope, StorageError};
use tokio::time::{Interval, MissedTickBehavior};
use utoipa::ToSchema;

use super::{Trouble, Usage};
use crate::auth::{ReadLogs, TenantAccess};
use crate::error::ApiError;
use crate::sockets::{LARGEST_MESSAGE, PROTOCOL, SocketAccess, Watched, pump};
use crate::state::ApiState;

/// So many periods after its last question, a tenant is not sampled more often any more.
const LASTS: i32 = 10;

/// What a socket sends.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum MetricsFrame {
    /// How it stands, once a period.
    Sample {
        /// Null while it has none: it does not run, or has not for long enough.
        usage: Option<Usage>,
        troubles: Vec<Trouble>,
    },
    /// The last one.
    #[expect(dead_code, reason = "what pumps frames into any socket says so; here it is written down for the document")]
    End {
        /// `forbidden`: who watches may no longer; `unavailable`: the platform is going down.
        reason: String,
    },
}

/// Watch what a tenant uses
///
/// A WebSocket of the subprotocol `fresco.v1`, with a JSON frame each few seconds; meanwhile the tenant is sampled as often.
/// Browsers show a ticket (`POST /ws-tickets`) as a second subprotocol, others send `Authorization`. `malformed_request`: it is no
/// WebSocket; `too_many_viewers`.
#[utoipa::path(get, path = "/tenants/{id}/metrics/stream", tag = "metrics", operation_id = "stream_tenant_metrics",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    responses((status = 101, description = "Frames follow", body = MetricsFrame)))]
pub(crate) async fn stream(
    SocketAccess { access: TenantAccess { tenant, scope, .. }, rights }: SocketAccess<TenantAccess<ReadLogs>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    State(state): State<ApiState>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|error| ApiError::Malformed(error.body_text()))?;
    let seat = state.seats.take(Watched::Tenant(tenant.id)).ok_or(ApiError::TooManyViewers)?;
    let frames = frames(state.clone(), scope, tenant.id);
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| pump(socket, frames, (rights, state), seat)))
}

/// A frame a period, for as long as somebody takes them; ends when the database can't be asked.
fn frames(state: ApiState, scope: Scope, tenant: TenantId) -> BoxStream<'static, Bytes> {
    let mut ticks = tokio::time::interval(state.settings.metrics.period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let next = move |(state, mut ticks): (ApiState, Interval)| async move {
        ticks.tick().await;
        match frame(&state, scope, tenant).await {
            Ok(frame) => {
                let text = serde_json::to_vec(&frame).expect("a plain struct has a JSON");
                Some((Bytes::from(text), (state, ticks)))
            }
            Err(error) => {
                tracing::warn!(tenant.id = %tenant, %error, "what a tenant uses can't be shown");
                None
            }
        }
    };
    stream::unfold((state, ticks), next).boxed()
}

async fn frame(state: &ApiState, scope: Scope, tenant: TenantId) -> Result<MetricsFrame, StorageError> {
    let now = state.clock.now();
    let lasts = TimeDelta::from_std(state.settings.metrics.period).unwrap_or(TimeDelta::seconds(1)) * LASTS;
    state.store.watch_usage(scope, tenant, now + lasts).await?;
    let known = state.store.usage_of(scope, &[tenant]).await?.pop().map(|(_, usage)| usage).unwrap_or_default();
    let usage = known.sample.map(|sample| Usage::seen(sample, now));
    Ok(MetricsFrame::Sample { usage, troubles: Trouble::all(known.troubles) })
}
