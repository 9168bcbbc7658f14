//! What goes over a WebSocket.

use serde::{Deserialize, Serialize};

use super::cursor::LogCursor;
use super::entry::{ContainerNote, LogGap, LogLine};

/// One message of the subprotocol `fresco.v1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LogFrame {
    /// Never empty.
    Lines {
        lines: Vec<LogLine>,
    },
    /// Entries this viewer was too slow for; they can be had between these cursors, both included.
    Lagged {
        skipped: u64,
        from: LogCursor,
        to: LogCursor,
    },
    Gap(LogGap),
    Container(ContainerNote),
    /// Nothing has come for a while, and the connection lives.
    Heartbeat,
    /// Nothing follows. Whoever wants more connects again with the last cursor it has seen.
    End {
        reason: EndReason,
    },
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The tenant is gone, and its log with it.
    Destroyed,
    /// The platform stops, or cannot reach its logs now; connect again.
    Unavailable,
    /// The line that was to be resumed from is older than what is kept.
    CursorGone,
    /// Whoever watches may no longer.
    Forbidden,
}
