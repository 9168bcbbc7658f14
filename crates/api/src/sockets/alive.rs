//! A word of life where nothing else comes: a page can't see pings, and would take a connection that has died for a quiet one.

use std::time::Duration;

use axum::body::Bytes;
use domain::log::LogFrame;
use futures_util::{StreamExt, stream};
use logs::Frames;
use tokio::time::timeout;

/// How often a quiet socket says something.
pub(crate) const HEARTBEAT: Duration = Duration::from_secs(15);

/// A log's frames, with one of that kind wherever none comes for so long.
pub(crate) fn alive(frames: Frames, quiet: Duration) -> Frames {
    let heartbeat = Bytes::from(serde_json::to_vec(&LogFrame::Heartbeat).expect("a plain word has a JSON"));
    let next = move |mut frames: Frames| {
        let heartbeat = heartbeat.clone();
        async move {
            let frame = match timeout(quiet, frames.next()).await {
                Ok(frame) => frame?,
                Err(_quiet) => heartbeat,
            };
            Some((frame, frames))
        }
    };
    stream::unfold(frames, next).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_quiet_is_said_to_live_and_nothing_is_lost() {
        let quiet = Duration::from_millis(10);
        let said = stream::iter([("a", 0), ("b", 50)]).then(|(word, after)| async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            Bytes::from_static(word.as_bytes())
        });
        let mut seen: Vec<Bytes> = alive(said.boxed(), quiet).collect().await;
        seen.dedup();
        assert_eq!(seen, [&b"a"[..], br#"{"type":"heartbeat"}"#, b"b"]);
    }
}
