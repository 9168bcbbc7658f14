//! An entry as it stands in a book: a letter for its kind, and its JSON.
//!
//! The JSON is what viewers get, so a line is written once and read by nobody on its way to disk or to a browser.

use std::io::Write as _;

use domain::log::{LogCursor, LogEntry, LogLine, LogStream};

const LINE: u8 = b'L';
const GAP: u8 = b'G';
const CONTAINER: u8 = b'C';

/// Writes entries. Lines come by the ten thousand a second, so theirs is not left to serde; a test compares.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// The second that was written last, and its text up to the point.
    second: i64,
    prefix: String,
}

impl Writer {
    pub(crate) fn encode(&mut self, entry: &LogEntry) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        let written = match entry {
            LogEntry::Line(line) => {
                bytes.push(LINE);
                self.line(line, &mut bytes)
            }
            LogEntry::Gap(gap) => {
                bytes.push(GAP);
                serde_json::to_writer(&mut bytes, gap).map_err(Into::into)
            }
            LogEntry::Container(note) => {
                bytes.push(CONTAINER);
                serde_json::to_writer(&mut bytes, note).map_err(Into::into)
            }
        };
        written.expect("plain structs have a JSON, and memory takes it");
        bytes
    }

    fn line(&mut self, line: &LogLine, out: &mut Vec<u8>) -> std::io::Result<()> {
        let LogLine { cursor, ts, stream, level, text, continues, cut } = line;
        if self.second != ts.timestamp() || self.prefix.is_empty() {
            self.second = ts.timestamp();
            self.prefix = ts.format("%Y-%m-%dT%H:%M:%S").to_string();
        }
        let stream = match stream {
            LogStream::Stdout => "stdout",
            LogStream::Stderr => "stderr",
            LogStream::Platform => "platform",
        };
        let (prefix, nanos) = (&self.prefix, ts.timestamp_subsec_nanos());
        write!(out, r#"{{"cursor":"{cursor}","ts":"{prefix}.{nanos:09}Z","stream":"{stream}","level":"#)?;
        match level {
            Some(level) => write!(out, "\"{}\"", level.as_str())?,
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(br#","text":"#);
        serde_json::to_writer(&mut *out, text)?;
        if *continues {
            out.extend_from_slice(br#","continues":true"#);
        }
        if *cut > 0 {
            write!(out, r#","cut":{cut}"#)?;
        }
        out.push(b'}');
        Ok(())
    }
}

/// `None` for what another version of this program has written.
pub(crate) fn decode(record: &[u8]) -> Option<LogEntry> {
    let (kind, json) = record.split_first()?;
    match *kind {
        LINE => serde_json::from_slice(json).ok().map(LogEntry::Line),
        GAP => serde_json::from_slice(json).ok().map(LogEntry::Gap),
        CONTAINER => serde_json::from_slice(json).ok().map(LogEntry::Container),
        _ => None,
    }
}

/// Whether a record is that of the cursor: it stands first.
pub(crate) fn has_cursor(record: &[u8], cursor: &LogCursor) -> bool {
    let text = format!(r#"{{"cursor":"{cursor}""#);
    record.get(1..).is_some_and(|json| json.starts_with(text.as_bytes()))
}

/// The JSON of a line; `None` for anything else.
pub(crate) fn line_json(record: &[u8]) -> Option<&[u8]> {
    record.strip_prefix(&[LINE])
}

#[cfg(test)]
mod tests {
    use domain::log::Level;

    use super::*;

    #[test]
    fn a_line_is_written_as_serde_would() {
        let mut writer = Writer::default();
        for (number, nanos) in
            [5, 1_764_466_907_123_456_789, 1_764_466_907_999_999_999, 1_764_466_908_000_000_000].into_iter().enumerate()
        {
            for (stream, level) in [
                (LogStream::Stdout, None),
                (LogStream::Stderr, Some(Level::Error)),
                (LogStream::Platform, Some(Level::Trace)),
            ] {
                let cursor =
                    LogCursor { stream, ..LogCursor::of_platform(chrono::DateTime::from_timestamp_nanos(nanos), 3) };
                let text = "tab\t \"quoted\" \u{1b}[1m é \u{2028} \\".repeat(number);
                let (continues, cut) = (number == 1, number as u64 * 7);
                let line = LogLine { cursor, ts: cursor.at(), stream, level, text, continues, cut };
                let record = writer.encode(&LogEntry::Line(line.clone()));
                assert_eq!(line_json(&record).unwrap(), serde_json::to_vec(&line).unwrap());
            }
        }
    }

    #[test]
    fn an_entry_survives_and_is_known_by_its_cursor() {
        let cursor = LogCursor::of_platform(chrono::DateTime::from_timestamp_nanos(7), 1);
        let line = LogLine {
            cursor,
            ts: cursor.at(),
            stream: LogStream::Platform,
            level: None,
            text: "a \"quoted\" \u{1b}[1mline".to_owned(),
            continues: true,
            cut: 3,
        };
        let record = Writer::default().encode(&LogEntry::Line(line.clone()));
        assert_eq!(decode(&record), Some(LogEntry::Line(line)));
        assert!(has_cursor(&record, &cursor) && !has_cursor(&record, &LogCursor { ordinal: 10, ..cursor }));
        assert!(line_json(&record).unwrap().starts_with(b"{\"cursor\""));
        assert_eq!(decode(b"X{}"), None);
    }
}
