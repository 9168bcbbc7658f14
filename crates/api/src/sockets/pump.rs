//! Frames on their way to one client.

use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use domain::log::{EndReason, LogFrame};
use futures_util::StreamExt;
use logs::Frames;
use tokio::time::{Instant, MissedTickBehavior, timeout};

use super::access::{Rights, Watching};
use super::seats::Seat;
use crate::state::ApiState;

/// How often a quiet socket says that it lives: proxies cut those that don't, mostly after a minute.
const PING: Duration = Duration::from_secs(20);

/// Whoever takes nothing for so long is gone, or as good as.
const UNTAKEN: Duration = Duration::from_secs(30);

/// Sends until there is no more, the client goes, the platform stops, or who watches may no longer.
pub(crate) async fn pump<A: Watching>(
    mut socket: WebSocket,
    mut frames: Frames,
    (rights, state): (Rights<A>, ApiState),
    _seat: Seat,
) {
    let mut pings = tokio::time::interval_at(Instant::now() + PING, PING);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = loop {
        tokio::select! {
            frame = frames.next() => {
                let Some(frame) = frame else { break None };
                let Ok(text) = Utf8Bytes::try_from(frame) else { break Some(EndReason::Unavailable) };
                if !send(&mut socket, Message::Text(text)).await {
                    return;
                }
            }
            // Nothing a client says matters, but that it is gone.
            said = socket.recv() => match said {
                Some(Ok(Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            _ = pings.tick() => {
                if !rights.hold(&state).await {
                    break Some(EndReason::Forbidden);
                }
                if !send(&mut socket, Message::Ping(Vec::new().into())).await {
                    return;
                }
            }
            () = state.stop.cancelled() => break Some(EndReason::Unavailable),
        }
    };
    if let Some(reason) = end {
        let frame = serde_json::to_string(&LogFrame::End { reason }).expect("a plain struct has a JSON");
        // Whoever is gone needs no word of it.
        let _sent = send(&mut socket, Message::text(frame)).await;
    }
    let _closed = send(&mut socket, Message::Close(None)).await;
}

/// Whether it was taken.
async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(timeout(UNTAKEN, socket.send(message)).await, Ok(Ok(())))
}
