//! Which entries somebody wants to see.
//!
//! An entry of several lines is wanted as a whole: if any of its lines has the text, all are shown. Since lines come one by
//! one and those of the two streams in turns, a [`Sieve`] holds the lines of an entry back until one of them decides.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::cursor::{LogCursor, LogSource, LogStream};
use super::entry::{Level, LogEntry, LogLine};
use super::text::without_escapes;

/// What a filter's expression may take in memory, compiled.
const EXPRESSION: usize = 1 << 20;
/// The longest text looked for, in bytes.
const LONGEST: usize = 1 << 10;
/// Lines of one entry that are held back; of a longer one the first go unseen unless they match.
const HELD: usize = 256;

/// A wish, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// This level and graver ones. What has none counts as `info`.
    pub level: Option<Level>,
    /// Lines that contain it, in any case; a regular expression if `regex`.
    pub query: Option<String>,
    #[serde(default)]
    pub regex: bool,
}

/// Why a wish can't be met.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("the text to look for is longer than {LONGEST} bytes")]
    TooLong,
    #[error("`{query}` is no regular expression ({why}); see docs.rs/regex for what is one")]
    NoExpression { query: String, why: String },
}

/// A wish, ready to be met.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    level: Option<Level>,
    expression: Option<Regex>,
}

impl Filter {
    /// # Errors
    /// [`FilterError`], also if the expression would take too much memory.
    pub fn new(wanted: &Wanted) -> Result<Self, FilterError> {
        let expression = wanted.query.as_deref().filter(|query| !query.is_empty());
        let expression = expression.map(|query| compile(query, wanted.regex)).transpose()?;
        Ok(Self { level: wanted.level, expression })
    }

    /// Whether everything is wanted.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.level.is_none() && self.expression.is_none()
    }

    fn grave_enough(&self, line: &LogLine) -> bool {
        self.level.is_none_or(|least| line.level.unwrap_or(Level::Info) <= least)
    }

    fn says_it(&self, line: &LogLine) -> bool {
        self.expression.as_ref().is_none_or(|expression| expression.is_match(&without_escapes(&line.text)))
    }
}

fn compile(query: &str, regex: bool) -> Result<Regex, FilterError> {
    if query.len() > LONGEST {
        return Err(FilterError::TooLong);
    }
    let pattern = if regex { query.to_owned() } else { regex::escape(query) };
    let mut builder = RegexBuilder::new(&pattern);
    builder.case_insensitive(!regex).size_limit(EXPRESSION).dfa_size_limit(EXPRESSION);
    builder.build().map_err(|error| {
        let why = error.to_string();
        let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        FilterError::NoExpression { query: query.to_owned(), why }
    })
}

/// Lets through what is wanted of a log that comes in its order. Gaps and containers' changes always are.
#[derive(Clone, Debug)]
pub struct Sieve {
    filter: Filter,
    entries: HashMap<(LogSource, LogStream), Open>,
}

/// The entry a stream is in.
#[derive(Clone, Debug, Default)]
struct Open {
    shown: bool,
    held: Vec<LogLine>,
}

impl Sieve {
    #[must_use]
    pub fn new(filter: Filter) -> Self {
        Self { filter, entries: HashMap::new() }
    }

    /// Whether that line is held back: whether it is wanted depends on what comes.
    #[must_use]
    pub fn holds(&self, cursor: &LogCursor) -> bool {
        let open = self.entries.get(&(cursor.source, cursor.stream));
        open.is_some_and(|open| open.held.iter().any(|line| line.cursor == *cursor))
    }

    /// Hands what is wanted to `out`; what was held back comes when a line of its entry decides.
    pub fn push(&mut self, entry: LogEntry, out: &mut Vec<LogEntry>) {
        let LogEntry::Line(line) = entry else {
            // A container that goes leaves its last entry undecided for good.
            if let LogEntry::Container(note) = &entry {
                self.entries.retain(|(source, _), _| *source != note.container);
            }
            out.push(entry);
            return;
        };
        if self.filter.is_open() {
            out.push(LogEntry::Line(line));
            return;
        }
        let open = self.entries.entry((line.cursor.source, line.stream)).or_default();
        if !line.continues {
            *open = Open::default();
        }
        if !self.filter.grave_enough(&line) {
            return;
        }
        if open.shown || self.filter.says_it(&line) {
            open.shown = true;
            out.extend(open.held.drain(..).map(LogEntry::Line));
            out.push(LogEntry::Line(line));
        } else if open.held.len() < HELD {
            open.held.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: i64, level: Option<Level>, text: &str, continues: bool) -> LogEntry {
        let cursor = LogCursor { source: LogSource::PLATFORM, stream: LogStream::Stdout, nanos: number, ordinal: 0 };
        let text = text.to_owned();
        LogEntry::Line(LogLine { cursor, ts: cursor.at(), stream: cursor.stream, level, text, continues, cut: 0 })
    }

    fn through(wanted: &Wanted, entries: &[LogEntry]) -> Vec<i64> {
        let (mut sieve, mut out) = (Sieve::new(Filter::new(wanted).unwrap()), Vec::new());
        for entry in entries {
            sieve.push(entry.clone(), &mut out);
        }
        out.iter().map(|entry| entry.cursor().nanos).collect()
    }

    fn log() -> Vec<LogEntry> {
        let error = Some(Level::Error);
        vec![
            line(1, None, "Ready", false),
            line(2, error, "Error: it broke", false),
            line(3, error, "  at the \u{1b}[31mData\u{1b}[0mbase", true),
            line(4, error, "}", true),
            line(5, Some(Level::Debug), "noise", false),
            line(6, None, "readying", false),
        ]
    }

    #[test]
    fn an_entry_is_wanted_as_a_whole() {
        let query = |query: &str, regex| Wanted { query: Some(query.to_owned()), regex, level: None };
        assert_eq!(through(&query("database", false), &log()), [2, 3, 4]);
        assert_eq!(through(&query("ready", false), &log()), [1, 6]);
        assert_eq!(through(&query("^Ready$", true), &log()), [1]);
        assert_eq!(through(&query("(", false), &log()), [0; 0]);
        assert_eq!(through(&Wanted::default(), &log()), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_is_undecided_is_held() {
        let wanted = Wanted { query: Some("database".to_owned()), ..Wanted::default() };
        let (mut sieve, log) = (Sieve::new(Filter::new(&wanted).unwrap()), log());
        let mut holds = |upto: usize, number: usize| {
            sieve.push(log[upto].clone(), &mut Vec::new());
            sieve.holds(&log[number].cursor())
        };
        assert!(holds(0, 0) && !holds(1, 0));
        assert!(!holds(2, 1), "it is shown");
        assert!(!holds(3, 3) && holds(4, 4));
    }

    #[test]
    fn a_level_lets_graver_ones_through_and_no_level_is_info() {
        let level = |level| Wanted { level: Some(level), ..Wanted::default() };
        assert_eq!(through(&level(Level::Error), &log()), [2, 3, 4]);
        assert_eq!(through(&level(Level::Info), &log()), [1, 2, 3, 4, 6]);
        assert_eq!(through(&level(Level::Trace), &log()), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn expressions_are_bounded() {
        let wanted = |query: String| Wanted { query: Some(query), regex: true, level: None };
        assert!(matches!(Filter::new(&wanted("(".to_owned())), Err(FilterError::NoExpression { .. })));
        assert!(matches!(Filter::new(&wanted("(a{1000}){1000}".to_owned())), Err(FilterError::NoExpression { .. })));
        assert_eq!(Filter::new(&wanted("a".repeat(2000))).unwrap_err(), FilterError::TooLong);
    }
}
