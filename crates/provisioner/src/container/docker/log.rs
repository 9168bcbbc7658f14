//! The end of a container's log.
//!
//! The engine hands entries out as they lie in its files: each with its time, the two streams not always in order, and
//! a line longer than 16 KiB in pieces of which the last alone ends with a newline.

use std::collections::VecDeque;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use chrono::{DateTime, Utc};
use domain::quantity::Bytes;
use domain::tenant::ContainerId;
use futures_util::TryStreamExt;

use super::DockerEngine;
use super::call::Ask;
use crate::container::EngineError;

impl DockerEngine {
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

/// A line, or as much of it as has come.
type Line = (DateTime<Utc>, Vec<u8>);

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

/// Time and text of an entry.
fn parse(message: &[u8]) -> (Option<DateTime<Utc>>, &[u8]) {
    let Some(space) = message.iter().position(|byte| *byte == b' ') else { return (None, message) };
    let time = std::str::from_utf8(&message[..space]).ok().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    match time {
        Some(time) => (Some(time.to_utc()), &message[space + 1..]),
        None => (None, message),
    }
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
