//! The text of a line, its level, and whether it continues the one before: by the rules of the app's manifest.

use regex::{RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::entry::Level;
use super::text::{readable, without_escapes};
use crate::app::LogRules;

/// What the rules of one kind may take in memory together, compiled.
const RULES: usize = 1 << 20;
/// A longer line is not read as JSON.
const LONGEST_JSON: usize = 64 << 10;

/// The rules of an app, compiled; none by default.
#[derive(Clone, Debug, Default)]
pub struct Understanding {
    error: RegexSet,
    continuation: RegexSet,
}

/// The entry a stream is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    level: Option<Level>,
    /// Whether there is one to continue.
    open: bool,
}

/// What is understood of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    pub text: String,
    pub level: Option<Level>,
    pub continues: bool,
}

impl Understanding {
    /// Rules that the manifest's own check let through, which compiles them as this does: of what it did not see, none
    /// of a kind that can't be compiled holds.
    #[must_use]
    pub fn new(rules: &LogRules) -> Self {
        let set = |rules: &[String]| compiled(rules).unwrap_or_default();
        Self { error: set(&rules.error), continuation: set(&rules.continuation) }
    }

    /// Understands the next line of a stream.
    pub fn read(&self, reading: &mut Reading, line: Vec<u8>) -> Understood {
        let text = readable(line);
        let plain = without_escapes(&text);
        let (level, continues) = if self.error.is_match(&plain) {
            (Some(Level::Error), false)
        } else if let Some(level) = level_of_json(&plain) {
            (Some(level), false)
        } else if reading.open && self.continuation.is_match(&plain) {
            (reading.level, true)
        } else {
            (None, false)
        };
        *reading = Reading { level, open: true };
        drop(plain);
        Understood { text, level, continues }
    }
}

/// The rules of one kind.
pub(crate) fn compiled(rules: &[String]) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(rules).size_limit(RULES).build()
}

/// The level of a structured line, by the names and numbers common loggers use (pino, bunyan, zap, winston, structlog).
fn level_of_json(text: &str) -> Option<Level> {
    if !text.starts_with('{') || text.len() > LONGEST_JSON {
        return None;
    }
    let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return None };
    let named = ["level", "severity", "lvl", "log.level"].iter().find_map(|key| fields.get(*key))?;
    match named {
        Value::String(word) => level_of_word(word),
        Value::Number(number) => number.as_u64().map(level_of_number),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn level_of_word(word: &str) -> Option<Level> {
    match word.to_ascii_lowercase().as_str() {
        "error" | "err" | "fatal" | "critical" | "crit" | "panic" | "dpanic" | "alert" | "emergency" | "emerg" => {
            Some(Level::Error)
        }
        "warn" | "warning" => Some(Level::Warn),
        "info" | "information" | "notice" | "http" | "default" => Some(Level::Info),
        "debug" | "verbose" => Some(Level::Debug),
        "trace" | "silly" => Some(Level::Trace),
        _ => None,
    }
}

/// pino's and bunyan's numbers.
const fn level_of_number(number: u64) -> Level {
    match number {
        0..=10 => Level::Trace,
        11..=20 => Level::Debug,
        21..=30 => Level::Info,
        31..=40 => Level::Warn,
        41.. => Level::Error,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::{AppName, Catalogue};

    fn fresco() -> Understanding {
        let app = AppName::parse("fresco").unwrap();
        Understanding::new(&Catalogue::shipped().get(&app).unwrap().profiles[0].logs)
    }

    fn read(lines: &[&str]) -> Vec<(Option<Level>, bool)> {
        let (rules, mut reading) = (fresco(), Reading::default());
        let mut read = |line: &&str| {
            let understood = rules.read(&mut reading, line.as_bytes().to_owned());
            (understood.level, understood.continues)
        };
        lines.iter().map(&mut read).collect()
    }

    #[test]
    fn an_error_of_fresco_is_one_entry_from_its_mark_to_its_brace() {
        let lines = [
            " ✓ Ready in 90ms",
            " ⨯ Error: it broke",
            "    at handler (/app/server.js:1:2) {",
            "  code: 'P1001'",
            "}",
            "Loaded Prisma config from prisma.config.ts.",
            "prisma:error ",
            "  Invalid `prisma` invocation:",
            "TypeError: x is not a function",
            "❌ Failed",
        ];
        let (error, rest, plain) = ((Some(Level::Error), false), (Some(Level::Error), true), (None, false));
        assert_eq!(read(&lines), [plain, error, rest, rest, rest, plain, error, rest, error, error]);
    }

    #[test]
    fn colours_hide_no_level_and_stay_in_the_text() {
        let (rules, mut reading) = (fresco(), Reading::default());
        let understood = rules.read(&mut reading, "\u{1b}[31m⨯\u{1b}[0m Error".into());
        assert_eq!(understood.level, Some(Level::Error));
        assert_eq!(understood.text, "\u{1b}[31m⨯\u{1b}[0m Error");
    }

    #[test]
    fn structured_lines_say_their_level() {
        let lines = [
            r#"{"level":50,"msg":"bad"}"#,
            r#"{"severity":"WARNING","message":"hm"}"#,
            r#"{"level":"silly"}"#,
            r#"{"level":{}}"#,
            "{not json",
            "  continues",
        ];
        let levels: Vec<Option<Level>> = read(&lines).into_iter().map(|(level, _)| level).collect();
        assert_eq!(levels, [Some(Level::Error), Some(Level::Warn), Some(Level::Trace), None, None, None]);
    }

    #[test]
    fn the_first_line_of_all_continues_nothing() {
        assert_eq!(read(&["    at nowhere", "    at nowhere"]), [(None, false), (None, true)]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_line(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let understood = fresco().read(&mut Reading::default(), bytes);
            prop_assert!(!understood.continues);
        }
    }
}
