//! What happens, as it does.

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde::{Deserialize, Serialize};
use storage::{Followed, Following, Scope, StorageError};
use tokio::time::{Instant, timeout_at};
use utoipa::{IntoParams, ToSchema};

use crate::auth::{Here, View};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::news::{Audience, Follower};
use crate::routes::pages::event_place;
use crate::routes::tenants::{Event, Status};
use crate::sockets::{HEARTBEAT, LARGEST_MESSAGE, PROTOCOL, SocketAccess, Watched, pump};
use crate::state::ApiState;

/// Whoever is further behind is sent the newest of them, and told of the others.
const MOST_BEHIND: u16 = 500;

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamEvents {
    /// The last cursor or id one has: all that follows is shown, each once. Left out: what happens from now on.
    #[param(minimum = 0)]
    after: Option<i64>,
}

/// What a socket sends.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum EventsFrame {
    /// The first one.
    Hello {
        /// What follows comes after it.
        cursor: i64,
    },
    /// Something happened to a tenant. Its `id` is a cursor.
    Event(TenantEvent),
    /// This viewer was too slow, or away for too long: so many were left out. `GET /tenants/{id}/events` has them.
    Lagged {
        skipped: u64,
        /// The first one's id.
        from: i64,
        /// The last one's id.
        to: i64,
    },
    /// Nothing else happened up to this cursor.
    Heartbeat { cursor: i64 },
    /// The last one; connect again with `after`.
    End {
        /// `forbidden`: who watches may no longer, or is elsewhere; `unavailable`: the platform is going down, or can't read now.
        reason: &'static str,
    },
}

/// Something that happened, and to which tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantEvent {
    #[schema(example = "tnt_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    tenant_id: String,
    /// How the tenant stands when this is sent.
    status: Status,
    /// The step that it is about.
    #[schema(example = "await_ready")]
    step: Option<String>,
    #[serde(flatten)]
    event: Event,
}

/// Follow what happens to all tenants
///
/// A WebSocket of the subprotocol `fresco.v1`, with JSON frames: changes of status and progress of deployments of all tenants that
/// the caller may see, in the order of their ids. Browsers show a ticket (`POST /ws-tickets`) as a second subprotocol, others send
/// `Authorization`. Whoever loses the connection comes back with `after`, and loses nothing and sees nothing twice.
/// `malformed_request`: it is no WebSocket; `too_many_viewers`.
#[utoipa::path(get, path = "/events/stream", tag = "live", operation_id = "stream_events",
    params(StreamEvents),
    responses((status = 101, description = "Frames follow", body = EventsFrame)))]
pub(crate) async fn stream(
    SocketAccess { access: Here { scope, .. }, rights }: SocketAccess<Here<View>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<StreamEvents>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|error| ApiError::Malformed(error.body_text()))?;
    let after = event_place("after", query.after)?;
    let audience = Audience::of(scope).ok_or(domain::access::Denied::NoOrganisation)?;
    let seat = state.seats.take(Watched::Events(audience)).ok_or(ApiError::TooManyViewers)?;
    let frames = frames(Viewer::new(state.clone(), (scope, audience), after));
    let upgrade = upgrade.protocols([PROTOCOL]).max_message_size(LARGEST_MESSAGE).max_frame_size(LARGEST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| pump(socket, frames, (rights, state), seat)))
}

/// One who follows, and where they are.
struct Viewer {
    state: ApiState,
    scope: Scope,
    follower: Follower,
    after: Option<i64>,
    /// `None` before the first frame.
    cursor: Option<i64>,
    quiet_until: Instant,
}

/// Frames for as long as somebody takes them; ends when the database can't be asked.
fn frames(viewer: Viewer) -> BoxStream<'static, Bytes> {
    let next = |viewer: Option<Viewer>| async move {
        let mut viewer = viewer?;
        match viewer.next().await {
            Ok(frames) => Some((frames, Some(viewer))),
            Err(error) => {
                tracing::warn!(%error, "what happens can't be shown");
                Some((vec![EventsFrame::End { reason: "unavailable" }], None))
            }
        }
    };
    let text = |frame| Bytes::from(serde_json::to_vec(&frame).expect("a plain struct has a JSON"));
    stream::unfold(Some(viewer), next).flat_map(move |frames| stream::iter(frames.into_iter().map(text))).boxed()
}

impl Viewer {
    fn new(state: ApiState, (scope, audience): (Scope, Audience), after: Option<i64>) -> Self {
        let follower = state.news.join(audience);
        Self { state, scope, follower, after, cursor: None, quiet_until: Instant::now() + HEARTBEAT }
    }

    /// The next frames, one at least.
    async fn next(&mut self) -> Result<Vec<EventsFrame>, StorageError> {
        let Some(mut cursor) = self.cursor else {
            let settled = self.follower.begin().await;
            // A number that nobody was given yet is no place to wait for.
            let cursor = self.after.unwrap_or(settled).min(settled);
            self.cursor = Some(cursor);
            return Ok(vec![EventsFrame::Hello { cursor }]);
        };
        loop {
            if self.follower.settled() <= cursor {
                // What is found then without having been told of concerns others, mostly.
                let _told = timeout_at(self.quiet_until, self.follower.changed()).await;
            }
            let (mut frames, seen) = self.look(cursor).await?;
            cursor = seen;
            if frames.is_empty() && Instant::now() >= self.quiet_until {
                frames.push(EventsFrame::Heartbeat { cursor });
            }
            if !frames.is_empty() {
                (self.cursor, self.quiet_until) = (Some(cursor), Instant::now() + HEARTBEAT);
                return Ok(frames);
            }
        }
    }

    /// What there is behind a cursor, and the next one.
    async fn look(&mut self, cursor: i64) -> Result<(Vec<EventsFrame>, i64), StorageError> {
        let settled = self.follower.settled();
        if settled <= cursor {
            return Ok((Vec::new(), cursor));
        }
        let between = self.state.store.follow_events(self.scope, (cursor, settled), MOST_BEHIND);
        let Following { skipped, events } = self.follower.look(between).await?;
        let lagged = skipped.map(|left| EventsFrame::Lagged { skipped: left.count, from: left.from, to: left.to });
        Ok((lagged.into_iter().chain(events.into_iter().map(EventsFrame::from)).collect(), settled))
    }
}

impl From<Followed> for EventsFrame {
    fn from(followed: Followed) -> Self {
        let Followed { event, status } = followed;
        Self::Event(TenantEvent {
            tenant_id: event.tenant.to_string(),
            status: status.into(),
            step: event.data["step"].as_str().map(str::to_owned),
            event: event.into(),
        })
    }
}
