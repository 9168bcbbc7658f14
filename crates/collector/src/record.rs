//! An entry as it stands in a book: a letter for its kind, and its JSON.
//!
//! The JSON is what viewers get, so a line is written once and read by nobody on its way to disk or to a browser.

use domain::log::{LogCursor, LogEntry};

const LINE: u8 = b'L';
const GAP: u8 = b'G';
const CONTAINER: u8 = b'C';

pub(crate) fn encode(entry: &LogEntry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    let written = match entry {
        LogEntry::Line(line) => {
            bytes.push(LINE);
            serde_json::to_writer(&mut bytes, line)
        }
        LogEntry::Gap(gap) => {
            bytes.push(GAP);
            serde_json::to_writer(&mut bytes, gap)
        }
        LogEntry::Container(note) => {
            bytes.push(CONTAINER);
            serde_json::to_writer(&mut bytes, note)
        }
    };
    written.expect("plain structs have a JSON");
    bytes
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
    use domain::log::{LogLine, LogStream};

    use super::*;

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
        let record = encode(&LogEntry::Line(line.clone()));
        assert_eq!(decode(&record), Some(LogEntry::Line(line)));
        assert!(has_cursor(&record, &cursor) && !has_cursor(&record, &LogCursor { ordinal: 10, ..cursor }));
        assert!(line_json(&record).unwrap().starts_with(b"{\"cursor\""));
        assert_eq!(decode(b"X{}"), None);
    }
}
