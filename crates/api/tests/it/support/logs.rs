//! Logs that a test writes.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use domain::TenantId;
use domain::log::{LogCursor, LogEntry, LogFrame, LogLine, LogStream};
use futures_util::{StreamExt, stream};
use logs::{Frames, LogPage, LogQuery, LogSource, LogsError, Place, Watch};
use tokio::sync::mpsc;

/// What every tenant has logged, and who watches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    entries: Vec<LogEntry>,
    asked: Vec<LogQuery>,
    watched: Vec<Watch>,
    viewers: Vec<mpsc::UnboundedSender<Bytes>>,
    fails: Option<LogsError>,
}

impl Logs {
    /// Lines numbered from 1.
    pub(crate) fn write(&self, count: usize) -> Vec<LogCursor> {
        let mut written = self.0.lock().unwrap();
        for _ in 0..count {
            let number = written.entries.len() + 1;
            written.entries.push(LogEntry::Line(line(number)));
        }
        written.entries.iter().map(LogEntry::cursor).collect()
    }

    pub(crate) fn fail(&self, error: LogsError) {
        self.0.lock().unwrap().fails = Some(error);
    }

    pub(crate) fn asked(&self) -> LogQuery {
        self.0.lock().unwrap().asked.pop().unwrap()
    }

    pub(crate) fn watched(&self) -> Vec<Watch> {
        self.0.lock().unwrap().watched.clone()
    }

    /// How many watch still.
    pub(crate) fn viewers(&self) -> usize {
        let mut written = self.0.lock().unwrap();
        written.viewers.retain(|viewer| !viewer.is_closed());
        written.viewers.len()
    }

    /// Says a line to all who watch.
    pub(crate) fn say(&self, number: usize) {
        let frame = serde_json::to_vec(&LogFrame::Lines { lines: vec![line(number)] }).unwrap();
        let frame = Bytes::from(frame);
        self.0.lock().unwrap().viewers.retain(|viewer| viewer.send(frame.clone()).is_ok());
    }
}

fn line(number: usize) -> LogLine {
    let at = chrono::DateTime::from_timestamp_nanos(1_700_000_000_000_000_000 + i64::try_from(number).unwrap());
    let cursor = LogCursor { stream: LogStream::Stdout, ..LogCursor::of_platform(at, 0) };
    let text = format!("line {number}");
    LogLine { cursor, ts: at, stream: LogStream::Stdout, level: None, text, continues: false, cut: 0 }
}

#[async_trait]
impl LogSource for Logs {
    async fn read(&self, _tenant: TenantId, query: LogQuery) -> Result<LogPage, LogsError> {
        let mut written = self.0.lock().unwrap();
        written.asked.push(query.clone());
        if let Some(error) = written.fails.take() {
            return Err(error);
        }
        let place =
            |cursor| written.entries.iter().position(|entry| entry.cursor() == cursor).ok_or(LogsError::CursorGone);
        let (all, limit) = (written.entries.len(), query.limit as usize);
        let (begin, end) = match query.place {
            Place::Oldest => (0, limit.min(all)),
            Place::After(cursor) => (place(cursor)? + 1, (place(cursor)? + 1 + limit).min(all)),
            Place::Newest => (all.saturating_sub(limit), all),
            Place::Before(cursor) => (place(cursor)?.saturating_sub(limit), place(cursor)?),
            Place::Around(cursor) => (place(cursor)?, place(cursor)? + 1),
        };
        let entries = written.entries[begin..end].to_vec();
        let before = entries.first().map(LogEntry::cursor).filter(|_| begin > 0);
        let after = entries.last().map(LogEntry::cursor);
        Ok(LogPage { entries, before, after, more: end < all, as_of: None })
    }

    async fn watch(&self, _tenant: TenantId, watch: Watch) -> Result<Frames, LogsError> {
        let mut written = self.0.lock().unwrap();
        written.watched.push(watch);
        if let Some(error) = written.fails.take() {
            return Err(error);
        }
        let (viewer, frames) = mpsc::unbounded_channel();
        written.viewers.push(viewer);
        Ok(stream::unfold(frames, |mut frames| async { Some((frames.recv().await?, frames)) }).boxed())
    }
}
