//! What a log consists of.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::cursor::{LogCursor, LogSource, LogStream};

/// How grave; the gravest is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Why a text is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no level: expected `error`, `warn`, `info`, `debug` or `trace`")]
pub struct UnknownLevel(String);

impl Level {
    pub const ALL: [Self; 5] = [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl std::str::FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        let found = Self::ALL.into_iter().find(|level| level.as_str() == text);
        found.ok_or_else(|| UnknownLevel(text.chars().take(40).collect()))
    }
}

/// One line, as somebody who reads the log sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    pub cursor: LogCursor,
    #[serde(serialize_with = "nanoseconds")]
    pub ts: DateTime<Utc>,
    pub stream: LogStream,
    /// `None`: the line doesn't say, and the app's manifest has no rule that tells.
    pub level: Option<Level>,
    /// Without its line break; colours and other escape sequences are still in it.
    pub text: String,
    /// Whether it goes on with the entry of the line before it of the same container and stream, whose level it has.
    #[serde(default, skip_serializing_if = "is_false")]
    pub continues: bool,
    /// Bytes of it that were not kept, since it is longer than lines may be.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: u64,
}

/// Lines that are missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGap {
    pub cursor: LogCursor,
    /// How many; `None`: nobody knows, none at all included.
    pub lost: Option<u64>,
    pub reason: GapReason,
    /// Whose.
    pub container: LogSource,
    /// The last time that is known to be before it.
    pub from: Option<DateTime<Utc>>,
    /// The first time that is known to be after it.
    pub to: Option<DateTime<Utc>>,
}

/// Why lines are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The engine's files were rotated away before they were read, or the platform's before they were shown.
    Rotated,
    /// The container was removed, and could not be read in time before.
    Removed,
    /// There was no room to keep them.
    DiskFull,
}

/// What happened to a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerNote {
    pub cursor: LogCursor,
    #[serde(serialize_with = "nanoseconds")]
    pub ts: DateTime<Utc>,
    pub event: ContainerChange,
    pub container: LogSource,
    pub phase: LogPhase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerChange {
    Started,
    Stopped,
    /// Started, where another one has served before.
    Replaced,
}

/// What a container is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogPhase {
    Release,
    Serve,
}

/// One thing that stands in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LogEntry {
    Line(LogLine),
    Gap(LogGap),
    Container(ContainerNote),
}

impl LogEntry {
    #[must_use]
    pub const fn cursor(&self) -> LogCursor {
        match self {
            Self::Line(line) => line.cursor,
            Self::Gap(gap) => gap.cursor,
            Self::Container(note) => note.cursor,
        }
    }
}

/// With all nine digits: a cursor's time and a line's are one.
fn nanoseconds<S: Serializer>(at: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&at.to_rfc3339_opts(SecondsFormat::Nanos, true))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
