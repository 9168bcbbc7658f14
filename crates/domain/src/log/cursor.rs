//! Which line is meant.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::tenant::ContainerId;

/// Who wrote a line: a container by the first 48 bits of its id, in text its first 12 hex digits; all zeros for the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct LogSource(u64);

/// Where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    Stdout,
    Stderr,
    /// Not the app's words but the platform's: its events, and what happened to the log itself.
    Platform,
}

/// Names one entry of a tenant's log. Cursors say nothing of the order of entries: that is where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct LogCursor {
    pub source: LogSource,
    pub stream: LogStream,
    /// When, in nanoseconds since 1970, by the engine's clock.
    pub nanos: i64,
    /// Among those of one stream at that nanosecond, from 0.
    pub ordinal: u32,
}

/// Why a text names no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no log cursor: expected 12 hex digits, `o`, `e` or `p`, nanoseconds and a number, such as \
     `3f2a9c81b0de-o-1764466907123456789-0`"
)]
pub struct InvalidCursor(String);

impl LogSource {
    pub const PLATFORM: Self = Self(0);
    const DIGITS: usize = 12;

    /// The one a container's id begins with.
    ///
    /// # Panics
    /// Never: a container's id is 64 hex digits.
    #[must_use]
    pub fn of(container: &ContainerId) -> Self {
        Self::read(&container.as_str()[..Self::DIGITS]).expect("64 hex digits")
    }

    fn read(text: &str) -> Option<Self> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let valid = text.len() == Self::DIGITS && text.bytes().all(hex);
        valid.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self)
    }
}

impl LogStream {
    const fn letter(self) -> &'static str {
        match self {
            Self::Stdout => "o",
            Self::Stderr => "e",
            Self::Platform => "p",
        }
    }

    fn of_letter(letter: &str) -> Option<Self> {
        [Self::Stdout, Self::Stderr, Self::Platform].into_iter().find(|stream| stream.letter() == letter)
    }
}

impl LogCursor {
    /// What the platform itself says at that time.
    #[must_use]
    pub fn of_platform(at: DateTime<Utc>, ordinal: u32) -> Self {
        let nanos = at.timestamp_nanos_opt().unwrap_or_default();
        Self { source: LogSource::PLATFORM, stream: LogStream::Platform, nanos, ordinal }
    }

    #[must_use]
    pub const fn at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.nanos)
    }

    /// Reads the text form, and no other spelling of it.
    ///
    /// # Errors
    /// [`InvalidCursor`].
    pub fn parse(text: &str) -> Result<Self, InvalidCursor> {
        let read = || {
            let mut parts = text.split('-');
            let cursor = Self {
                source: LogSource::read(parts.next()?)?,
                stream: LogStream::of_letter(parts.next()?)?,
                nanos: number(parts.next()?)?,
                ordinal: number(parts.next()?)?,
            };
            parts.next().is_none().then_some(cursor)
        };
        read().ok_or_else(|| InvalidCursor(text.chars().take(80).collect()))
    }
}

/// A whole number as [`std::fmt::Display`] writes it; times before 1970 are none.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    canonical.then(|| text.parse().ok()).flatten()
}

impl std::fmt::Display for LogSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:012x}", self.0)
    }
}

impl From<LogSource> for String {
    fn from(source: LogSource) -> Self {
        source.to_string()
    }
}

impl TryFrom<String> for LogSource {
    type Error = InvalidCursor;

    fn try_from(text: String) -> Result<Self, InvalidCursor> {
        Self::read(&text).ok_or_else(|| InvalidCursor(text.chars().take(80).collect()))
    }
}

impl std::fmt::Display for LogCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, stream, nanos, ordinal } = self;
        write!(f, "{source}-{}-{nanos}-{ordinal}", stream.letter())
    }
}

impl From<LogCursor> for String {
    fn from(cursor: LogCursor) -> Self {
        cursor.to_string()
    }
}

impl TryFrom<String> for LogCursor {
    type Error = InvalidCursor;

    fn try_from(text: String) -> Result<Self, InvalidCursor> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for LogCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stream() -> impl Strategy<Value = LogStream> {
        prop_oneof![Just(LogStream::Stdout), Just(LogStream::Stderr), Just(LogStream::Platform)]
    }

    proptest! {
        #[test]
        fn a_cursor_survives_its_text(source in 0..1_u64 << 48, stream in stream(), nanos in 0..i64::MAX, ordinal: u32) {
            let cursor = LogCursor { source: LogSource(source), stream, nanos, ordinal };
            prop_assert_eq!(LogCursor::parse(&cursor.to_string()), Ok(cursor));
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "[0-9a-f]{11,13}-[oepx]-[+0-9]{1,20}-[0-9]{1,11}") {
            if let Ok(cursor) = LogCursor::parse(&text) {
                prop_assert_eq!(cursor.to_string(), text);
            }
        }

        #[test]
        fn no_text_is_too_strange_to_be_refused(text in ".*") {
            let _read = LogCursor::parse(&text);
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        assert!(LogCursor::parse("3f2a9c81b0de-o-1764466907123456789-0").is_ok());
        for wrong in [
            "",
            "3f2a9c81b0de",
            "3F2A9C81B0DE-o-1-0",
            "3f2a9c81b0de-o-01-0",
            "3f2a9c81b0de-o--1-0",
            "3f2a9c81b0de-q-1-0",
            "3f2a9c81b0de-o-1-0-0",
            "3f2a9c81b0de-o-99999999999999999999-0",
        ] {
            assert!(LogCursor::parse(wrong).is_err(), "{wrong}");
        }
    }
}
