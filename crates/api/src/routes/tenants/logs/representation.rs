//! Logs as they are shown. The words are the domain's; these types say in the document what they look like.

use chrono::{DateTime, Utc};
use domain::log::{ContainerNote, LogEntry, LogGap, LogLine};
use serde::Serialize;
use utoipa::ToSchema;

/// One thing that stands in a log.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum LogItem {
    Line(Line),
    Gap(Gap),
    Container(Container),
}

/// A line that the app wrote, or an event of the platform.
#[derive(Serialize, ToSchema)]
#[schema(as = LogLine)]
pub(crate) struct Line {
    /// Names it, for good.
    #[schema(value_type = String, example = "3f2a9c81b0de-o-1764466907123456789-0")]
    cursor: domain::log::LogCursor,
    /// To the nanosecond.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:34:56.123456789Z")]
    ts: String,
    #[schema(inline)]
    stream: Stream,
    /// Null if nobody can tell.
    #[schema(inline)]
    level: Option<Level>,
    /// Colours and other escape sequences are in it.
    #[schema(example = "⨯ Error: something broke")]
    text: String,
    /// It goes on with the entry of the line before it of the same container and stream.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    continues: bool,
    /// Bytes that were not kept, since it is longer than lines may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut: Option<u64>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Stream {
    Stdout,
    Stderr,
    /// The platform's words.
    Platform,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Lines that are missing.
#[derive(Serialize, ToSchema)]
#[schema(as = LogGap)]
pub(crate) struct Gap {
    #[schema(value_type = String)]
    cursor: domain::log::LogCursor,
    /// How many; null: nobody knows, and it may be none.
    lost: Option<u64>,
    #[schema(value_type = GapWord, inline)]
    reason: domain::log::GapReason,
    /// Whose, by the first 12 digits of its id.
    #[schema(value_type = String)]
    container: domain::log::LogSource,
    /// Known to be before it.
    from: Option<DateTime<Utc>>,
    /// Known to be after it.
    to: Option<DateTime<Utc>>,
}

/// Why they are.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum GapWord {
    Rotated,
    Removed,
    DiskFull,
}

/// What happened to a container.
#[derive(Serialize, ToSchema)]
#[schema(as = LogContainer)]
pub(crate) struct Container {
    #[schema(value_type = String)]
    cursor: domain::log::LogCursor,
    ts: DateTime<Utc>,
    #[schema(value_type = ChangeWord, inline)]
    event: domain::log::ContainerChange,
    /// Which, by the first 12 digits of its id.
    #[schema(value_type = String)]
    container: domain::log::LogSource,
    #[schema(value_type = PhaseWord, inline)]
    phase: domain::log::LogPhase,
}

/// What.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum ChangeWord {
    Started,
    Stopped,
    Replaced,
}

/// What it is there for.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum PhaseWord {
    Release,
    Serve,
}

/// One message of a live log.
#[derive(ToSchema)]
#[schema(as = LogFrame)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(dead_code, reason = "frames are made where the logs are; this is their schema")]
pub(crate) enum Frame {
    /// Never none.
    Lines {
        lines: Vec<Line>,
    },
    /// What this viewer was too slow for; it can be had between these cursors, both included.
    Lagged {
        skipped: u64,
        from: String,
        to: String,
    },
    Gap(Gap),
    Container(Container),
    /// Nothing has come for 15 s, and the connection lives.
    Heartbeat,
    /// Nothing follows; connect again with `after` and the last cursor.
    End {
        #[schema(inline)]
        reason: EndWord,
    },
}

/// Why it ends.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum EndWord {
    /// The tenant is gone, and its log with it.
    Destroyed,
    /// The platform stops, or can't reach its logs now.
    Unavailable,
    /// The line that was to be resumed from is not kept any more.
    CursorGone,
    /// Whoever watches may no longer, or their access token has expired.
    Forbidden,
}

impl From<LogEntry> for LogItem {
    fn from(entry: LogEntry) -> Self {
        match entry {
            LogEntry::Line(line) => Self::Line(line.into()),
            LogEntry::Gap(gap) => Self::Gap(gap.into()),
            LogEntry::Container(note) => Self::Container(note.into()),
        }
    }
}

impl From<LogLine> for Line {
    fn from(line: LogLine) -> Self {
        let LogLine { cursor, ts, stream, level, text, continues, cut } = line;
        let ts = ts.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
        let (stream, level) = (stream.into(), level.map(Level::from));
        Self { cursor, ts, stream, level, text, continues, cut: Some(cut).filter(|cut| *cut > 0) }
    }
}

impl From<domain::log::LogStream> for Stream {
    fn from(stream: domain::log::LogStream) -> Self {
        match stream {
            domain::log::LogStream::Stdout => Self::Stdout,
            domain::log::LogStream::Stderr => Self::Stderr,
            domain::log::LogStream::Platform => Self::Platform,
        }
    }
}

impl From<domain::log::Level> for Level {
    fn from(level: domain::log::Level) -> Self {
        match level {
            domain::log::Level::Error => Self::Error,
            domain::log::Level::Warn => Self::Warn,
            domain::log::Level::Info => Self::Info,
            domain::log::Level::Debug => Self::Debug,
            domain::log::Level::Trace => Self::Trace,
        }
    }
}

impl From<LogGap> for Gap {
    fn from(gap: LogGap) -> Self {
        let LogGap { cursor, lost, reason, container, from, to } = gap;
        Self { cursor, lost, reason, container, from, to }
    }
}

impl From<ContainerNote> for Container {
    fn from(note: ContainerNote) -> Self {
        let ContainerNote { cursor, ts, event, container, phase } = note;
        Self { cursor, ts, event, container, phase }
    }
}
