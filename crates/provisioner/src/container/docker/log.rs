//! A container's log: its end, or all of it as it comes.
//!
//! The engine hands entries out as they lie in its files: each with its time, the two streams not always in order, and
//! a line longer than 16 KiB in pieces of which the last alone ends with a newline.

use std::collections::VecDeque;
use std::sync::Arc;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::query_parameters::LogsOptions;
use chrono::{DateTime, NaiveDate};
use domain::log::LogStream;
use domain::quantity::Bytes;
use domain::tenant::ContainerId;
use futures_util::stream;
use futures_util::{StreamExt, TryStreamExt};

use super::DockerEngine;
use super::call::{Ask, refusal};
use crate::container::{EngineError, LogPiece, LogPieces, LogRange};

/// Pieces handed on at once.
const AT_ONCE: usize = 1024;

impl DockerEngine {
    /// The engine is read only as fast as its log is taken: what waits lies in its files.
    pub(super) fn pieces(&self, id: &ContainerId, range: LogRange) -> Result<LogPieces, EngineError> {
        let ask = Ask::container("read a log", id);
        let permit = Arc::clone(&self.logs).try_acquire_owned();
        let permit = permit.map_err(|_full| ask.unavailable("too many logs are read at once"))?;
        let options = LogsOptions {
            stdout: true,
            stderr: true,
            timestamps: true,
            follow: range.follow,
            // Whole seconds are all that bollard asks for.
            since: range.since.map_or(0, |nanos| i32::try_from(nanos.div_euclid(SECOND)).unwrap_or(0).max(0)),
            tail: range.tail.map_or_else(|| "all".to_owned(), |tail| tail.to_string()),
            ..LogsOptions::default()
        };
        let entries = self.docker.logs(id.as_str(), Some(options)).ready_chunks(AT_ONCE).boxed();
        let reading = Some((entries, ask, permit, None));
        Ok(stream::unfold(reading, |reading| async {
            let (mut entries, ask, permit, failed) = reading?;
            if let Some(error) = failed {
                return Some((Err(error), None));
            }
            let (pieces, failed) = read(&ask, entries.next().await?);
            match failed {
                Some(error) if pieces.is_empty() => Some((Err(error), None)),
                failed => Some((Ok(pieces), Some((entries, ask, permit, failed)))),
            }
        })
        .boxed())
    }

    pub(super) async fn tail(&self, id: &ContainerId, lines: u32, limit: Bytes) -> Result<Vec<String>, EngineError> {
        let ask = Ask::container("read a log", id);
        let options = LogsOptions {
            stdout: true,
            stderr: true,
            timestamps: true,
            tail: lines.to_string(),
            ..LogsOptions::default()
        };
        let mut stream = self.docker.logs(id.as_str(), Some(options));
        let collect = async {
            let mut tail = Tail::new(lines, limit);
            while let Some(entry) = stream.try_next().await? {
                tail.take(&entry);
            }
            Ok(tail.finish())
        };
        self.call(&ask, collect).await
    }
}

const SECOND: i64 = 1_000_000_000;

/// The pieces before the first failure, and that.
fn read(ask: &Ask, entries: Vec<Result<LogOutput, Error>>) -> (Vec<LogPiece>, Option<EngineError>) {
    let mut pieces = Vec::with_capacity(entries.len());
    for entry in entries {
        match entry.map_err(|error| fault(ask, &error)).and_then(|entry| piece(ask, &entry)) {
            Ok(piece) => pieces.push(piece),
            Err(error) => return (pieces, Some(error)),
        }
    }
    (pieces, None)
}

/// One that is being removed has no log any more.
fn fault(ask: &Ask, error: &Error) -> EngineError {
    match refusal(error) {
        Some((409, message)) if message.contains("dead or marked for removal") => ask.not_found(),
        Some(_) | None => ask.fault(error),
    }
}

fn piece(ask: &Ask, entry: &LogOutput) -> Result<LogPiece, EngineError> {
    let (stream, message) = match entry {
        LogOutput::StdOut { message } => (LogStream::Stdout, message),
        LogOutput::StdErr { message } => (LogStream::Stderr, message),
        // What bollard makes of the rest of an entry that was cut off.
        LogOutput::Console { .. } | LogOutput::StdIn { .. } => return Err(ask.unavailable("the log was cut off")),
    };
    let (nanos, text) = parse(message);
    let nanos = nanos.ok_or_else(|| ask.lacks("an entry's time"))?;
    let (text, ended) = text.strip_suffix(b"\n").map_or((text, false), |text| (text, true));
    Ok(LogPiece { stream, nanos, text: message.slice_ref(text), ended })
}

/// A line, or as much of it as has come, with its time.
type Line = (i64, Vec<u8>);

/// The last lines so far, never more than the limits allow.
struct Tail {
    most_lines: usize,
    most_bytes: usize,
    bytes: usize,
    lines: VecDeque<Line>,
    /// What has come of a line that has not ended: stdout's, stderr's.
    open: [Option<Line>; 2],
}

impl Tail {
    fn new(lines: u32, limit: Bytes) -> Self {
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (most_lines, most_bytes) = (count(lines.into()), count(limit.0));
        Self { most_lines, most_bytes, bytes: 0, lines: VecDeque::new(), open: [None, None] }
    }

    fn take(&mut self, entry: &LogOutput) {
        let (stream, message) = match entry {
            LogOutput::StdErr { message } => (1, message),
            LogOutput::StdOut { message } | LogOutput::StdIn { message } | LogOutput::Console { message } => {
                (0, message)
            }
        };
        let (at, text) = parse(message);
        let most = self.most_bytes;
        let (began, mut line) = self.open[stream].take().unwrap_or_else(|| (at.unwrap_or_default(), Vec::new()));
        let ended = text.ends_with(b"\n");
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        line.extend_from_slice(&text[..text.len().min(most.saturating_sub(line.len()))]);
        if ended {
            self.push((began, line));
        } else {
            self.open[stream] = Some((began, line));
        }
    }

    fn push(&mut self, line: Line) {
        self.bytes += line.1.len();
        self.lines.push_back(line);
        while self.lines.len() > self.most_lines || self.bytes > self.most_bytes {
            self.bytes -= self.lines.pop_front().map_or(0, |(_, text)| text.len());
        }
    }

    fn finish(mut self) -> Vec<String> {
        for line in std::mem::take(&mut self.open).into_iter().flatten() {
            self.push(line);
        }
        let mut lines = Vec::from(self.lines);
        lines.sort_by_key(|(at, _)| *at);
        lines.into_iter().map(|(_, text)| String::from_utf8_lossy(&text).trim_end_matches('\r').to_owned()).collect()
    }
}

/// Time (nanoseconds since 1970) and text of an entry.
fn parse(message: &[u8]) -> (Option<i64>, &[u8]) {
    let Some(space) = message.iter().position(|byte| *byte == b' ') else { return (None, message) };
    match nanos(&message[..space]) {
        Some(nanos) => (Some(nanos), &message[space + 1..]),
        None => (None, message),
    }
}

/// The engine writes one form, with nine digits and `Z`; any other is read the slow way.
fn nanos(time: &[u8]) -> Option<i64> {
    usual(time).or_else(|| DateTime::parse_from_rfc3339(std::str::from_utf8(time).ok()?).ok()?.timestamp_nanos_opt())
}

/// Reads `2026-01-31T12:34:56.123456789Z`.
fn usual(time: &[u8]) -> Option<i64> {
    let form = b"dddd-dd-ddTdd:dd:dd.dddddddddZ";
    let fits = |(byte, form): (&u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == form };
    if time.len() != form.len() || !time.iter().zip(form).all(fits) {
        return None;
    }
    let number =
        |from: usize, to: usize| time[from..to].iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)).ok()?, number(5, 7), number(8, 10))?;
    date.and_hms_nano_opt(number(11, 13), number(14, 16), number(17, 19), number(20, 29))?
        .and_utc()
        .timestamp_nanos_opt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tail(entries: &[(&str, &str)], lines: u32, limit: u64) -> Vec<String> {
        let mut tail = Tail::new(lines, Bytes(limit));
        for (stream, text) in entries {
            let message = format!("2026-01-01T00:00:{text}").into_bytes().into();
            tail.take(&match *stream {
                "err" => LogOutput::StdErr { message },
                _ => LogOutput::StdOut { message },
            });
        }
        tail.finish()
    }

    #[test]
    fn streams_are_put_in_the_order_of_their_times() {
        let entries = [("out", "02.5Z second\n"), ("err", "01.000000001Z first\n"), ("out", "03Z third\r\n")];
        assert_eq!(tail(&entries, 10, 1000), ["first", "second", "third"]);
    }

    #[test]
    fn one_that_is_being_removed_is_gone() {
        let refused = |message: &str| {
            let error = Error::DockerResponseServerError { status_code: 409, message: message.to_owned() };
            fault(&Ask::container("read a log", "x"), &error)
        };
        let removed = refused("can not get logs from container which is dead or marked for removal");
        assert!(matches!(removed, EngineError::NotFound { .. }));
        assert!(matches!(refused("another reason"), EngineError::Conflict { .. }));
    }

    #[test]
    fn times_are_read_to_the_nanosecond() {
        let at = |text: &str| parse(text.as_bytes()).0;
        assert_eq!(at("1970-01-01T00:00:01.000000002Z x"), Some(SECOND + 2));
        assert_eq!(at("1970-01-01T00:00:01.5Z x"), Some(SECOND * 3 / 2));
        assert_eq!(at("1970-01-01T01:00:00.000000000+01:00 x"), Some(0));
        assert_eq!(at("2026-02-30T00:00:00.000000000Z x"), None);
        assert_eq!(at("no time"), None);
    }

    #[test]
    fn pieces_of_a_line_are_joined_by_stream_and_an_unended_one_counts() {
        let entries = [("out", "01Z long "), ("err", "02Z other\n"), ("out", "03Z line\n"), ("out", "04Z un")];
        assert_eq!(tail(&entries, 10, 1000), ["long line", "other", "un"]);
    }

    #[test]
    fn the_newest_stay_within_both_limits() {
        let entries = [("out", "01Z aaaa\n"), ("out", "02Z bbbb\n"), ("out", "03Z cccccc\n")];
        assert_eq!(tail(&entries, 2, 1000), ["bbbb", "cccccc"]);
        assert_eq!(tail(&entries, 10, 6), ["cccccc"]);
        assert_eq!(tail(&entries, 10, 3), ["ccc"]);
        assert!(tail(&entries, 0, 1000).is_empty());
    }
}
