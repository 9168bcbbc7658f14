//! Where reading a tenant's logs is: kept with the lines, in every block of its book.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::log::{Harvested, LogCursor, LogPhase, LogSource, Reading};
use serde::{Deserialize, Serialize};

/// Of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Those that are there, as far as anybody has looked.
    pub(crate) containers: BTreeMap<LogSource, Container>,
    /// Which has served last.
    #[serde(default)]
    pub(crate) served: Option<LogSource>,
    /// The last event of the platform that stands in the log.
    #[serde(default)]
    pub(crate) event: i64,
    /// Up to which number it has the marks of lost containers.
    #[serde(default)]
    pub(crate) mark: u64,
    /// The last cursor of the platform's own.
    #[serde(default)]
    spoken: (i64, u32),
}

/// Of one container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub(crate) phase: LogPhase,
    pub(crate) runs: bool,
    /// When it was last told to have started.
    #[serde(default)]
    pub(crate) since: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(crate) harvested: Harvested,
    /// The entries stdout and stderr are in.
    #[serde(default)]
    pub(crate) readings: [Reading; 2],
    /// Whether it was read to its end, to be removed.
    #[serde(default)]
    pub(crate) done: bool,
}

impl State {
    /// As it was written; one that can't be read is a new one, and the log is read again.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::default();
        }
        serde_json::from_slice(bytes).unwrap_or_else(|error| {
            tracing::error!(%error, "a log's state can't be read; its containers are read anew");
            Self::default()
        })
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// A cursor for what the platform says, like no other.
    pub(crate) fn speak(&mut self, at: DateTime<Utc>) -> LogCursor {
        let first = LogCursor::of_platform(at, 0);
        let (nanos, ordinal) = self.spoken;
        // Never one that was given out: where times go back, what is said later counts as said then.
        let cursor = if first.nanos > nanos { first } else { LogCursor { nanos, ordinal: ordinal + 1, ..first } };
        self.spoken = (cursor.nanos, cursor.ordinal);
        cursor
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_survives_its_text_and_speaks_with_no_cursor_twice() {
        let mut state = State::default();
        let at = DateTime::from_timestamp_nanos(5);
        let cursors =
            [at, at, DateTime::from_timestamp_nanos(4), DateTime::from_timestamp_nanos(6)].map(|at| state.speak(at));
        assert_eq!(cursors.map(|cursor| (cursor.nanos, cursor.ordinal)), [(5, 0), (5, 1), (5, 2), (6, 0)]);
        let container = Container {
            phase: LogPhase::Serve,
            runs: true,
            since: None,
            harvested: Harvested::default(),
            readings: Default::default(),
            done: false,
        };
        state.containers.insert(LogSource::PLATFORM, container);
        assert_eq!(State::read(&state.write()), state);
        assert_eq!(State::read(b"nonsense"), State::default());
    }
}
