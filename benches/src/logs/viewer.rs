//! One who watches by a WebSocket, and counts.

use std::time::Duration;

use anyhow::{Context, bail};
use domain::{Clock, SystemClock};
use futures_util::StreamExt;
use secrecy::ExposeSecret;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::ours::Tenant;
use crate::stage::Daemon;

/// What stands before a line's number, and before its time. Frames are not read as JSON: that would cost the viewer more than
/// all the rest.
const NUMBER: &str = r#""text":"flood "#;
const CURSOR: &str = r#"{"cursor":""#;

pub(crate) struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) seen: Seen,
}

/// What it has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Lines missing that nothing was said of.
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    /// Those it was too slow for, as it was told.
    pub(crate) skipped: u64,
    /// How often it was told that lines are missing.
    pub(crate) gaps: u64,
    last: Option<u64>,
    /// Of each frame's first line, in ms.
    pub(crate) delays: Vec<f64>,
}

#[derive(Deserialize)]
struct Other {
    #[serde(rename = "type")]
    kind: String,
    skipped: Option<u64>,
}

impl Seen {
    pub(crate) fn add(&mut self, other: &Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.skipped += other.skipped;
        self.gaps += other.gaps;
    }

    /// Takes a line by its number; 1 is the first since the app was started.
    pub(crate) fn count(&mut self, number: u64) {
        match self.last {
            Some(last) if number <= last && number > 1 => self.doubled += 1,
            Some(last) if number > last => {
                self.lost += number - last - 1;
                self.last = Some(number);
            }
            Some(_) | None => self.last = Some(number),
        }
    }
}

impl Viewer {
    pub(crate) async fn open(daemon: &Daemon, tenant: &Tenant) -> anyhow::Result<Self> {
        let path = format!("ws://{}/api/v1/tenants/tnt_{}/logs/stream", daemon.api, tenant.simple());
        let mut request = path.into_client_request()?;
        let key = format!("Bearer {}", daemon.key.expose_secret()).parse()?;
        request.headers_mut().insert("authorization", key);
        let (socket, _) = connect_async(request).await?;
        Ok(Self { socket, seen: Seen::default() })
    }

    /// Watches for so long; how many lines came.
    pub(crate) async fn watch(&mut self, lasts: Duration) -> anyhow::Result<u64> {
        let (mut lines, until) = (0, Instant::now() + lasts);
        while let Ok(message) = timeout_at(until, self.socket.next()).await {
            let Message::Text(text) = message.context("the stream has ended")?? else { continue };
            if text.starts_with(r#"{"type":"lines""#) {
                lines += self.take(&text)?;
            } else {
                self.note(&text)?;
            }
        }
        Ok(lines)
    }

    fn take(&mut self, text: &str) -> anyhow::Result<u64> {
        let nanos = text.split_once(CURSOR).and_then(|(_, rest)| rest.split('-').nth(2)?.parse::<i64>().ok());
        let now = SystemClock.now().timestamp_nanos_opt();
        self.seen.delays.extend(now.zip(nanos).map(|(now, at)| (now - at) as f64 / 1e6));
        let mut lines = 0;
        for rest in text.split(NUMBER).skip(1) {
            let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
            self.seen.count(number.parse().context("a line without a number")?);
            lines += 1;
        }
        Ok(lines)
    }

    /// After what was told to be missing, the next line's number says nothing.
    fn note(&mut self, text: &str) -> anyhow::Result<()> {
        let other: Other = serde_json::from_str(text)?;
        match other.kind.as_str() {
            "lagged" => self.seen.skipped += other.skipped.unwrap_or_default(),
            "gap" => self.seen.gaps += 1,
            "container" => return Ok(()),
            _ => bail!("the stream says {text}"),
        }
        self.seen.last = None;
        Ok(())
    }
}
