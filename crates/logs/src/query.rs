//! A question about what is kept, and its answer.

use chrono::{DateTime, Utc};
use domain::log::{LogCursor, LogEntry, Wanted};
use serde::{Deserialize, Serialize};

/// Which part of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogQuery {
    pub place: Place,
    /// Nothing before.
    pub since: Option<DateTime<Utc>>,
    /// Nothing after.
    pub until: Option<DateTime<Utc>>,
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Lines at most, or a few more where an entry of several that is looked for would be cut in two.
    pub limit: u32,
}

/// Where in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Its end.
    #[default]
    Newest,
    /// Its beginning.
    Oldest,
    /// What follows this entry.
    After(LogCursor),
    /// What comes before this entry.
    Before(LogCursor),
    /// This entry amid its neighbours, whatever else is wanted.
    Around(LogCursor),
}

/// A part of a log, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    pub entries: Vec<LogEntry>,
    /// Where to ask [`Place::Before`] for more; `None`: there is nothing older.
    pub before: Option<LogCursor>,
    /// Where to ask [`Place::After`] for more, now or once there is more; `None`: nothing was ever said.
    pub after: Option<LogCursor>,
    /// Whether there is more after already.
    pub more: bool,
    /// When the engine was last asked for more; `None`: not since somebody began to look at it.
    pub as_of: Option<DateTime<Utc>>,
}
