//! Logs in the place of a worker's: every tenant has said the same three things.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use domain::TenantId;
use domain::log::{
    ContainerChange, ContainerNote, Filter, GapReason, LogCursor, LogEntry, LogGap, LogLine, LogPhase, LogSource,
    LogStream,
};
use futures_util::{StreamExt, stream};
use logs::{Frames, LogPage, LogQuery, LogsError, Place, Watch};

/// Answers at that socket for as long as the test's process lives, whatever it waits for.
pub(crate) fn serve(socket: &Path) {
    let socket = socket.to_owned();
    let (ready, listens) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = logs::listen(&socket).unwrap();
            ready.send(()).unwrap();
            logs::serve(listener, Arc::new(Said)).await;
        });
    });
    listens.recv().unwrap();
}

#[derive(Debug)]
struct Said;

fn entries() -> Vec<LogEntry> {
    let cursor = |ordinal| LogCursor::of_platform(chrono::DateTime::UNIX_EPOCH, ordinal);
    let (container, ts) = (LogSource::PLATFORM, chrono::DateTime::UNIX_EPOCH);
    let (event, phase) = (ContainerChange::Started, LogPhase::Serve);
    let text = "Ready".to_owned();
    let stream = LogStream::Stdout;
    vec![
        LogEntry::Container(ContainerNote { cursor: cursor(0), ts, event, container, phase }),
        LogEntry::Line(LogLine { cursor: cursor(1), ts, stream, level: None, text, continues: true, cut: 7 }),
        LogEntry::Gap(LogGap {
            cursor: cursor(2),
            lost: Some(3),
            reason: GapReason::Rotated,
            container,
            from: None,
            to: Some(ts),
        }),
    ]
}

#[async_trait]
impl logs::LogSource for Said {
    async fn read(&self, _tenant: TenantId, query: LogQuery) -> Result<LogPage, LogsError> {
        Filter::new(&query.wanted)?;
        let entries = entries();
        match query.place {
            Place::Newest | Place::Oldest => {
                let after = entries.last().map(LogEntry::cursor);
                Ok(LogPage { entries, before: None, after, more: false, as_of: None })
            }
            Place::After(_) | Place::Before(_) | Place::Around(_) => Err(LogsError::CursorGone),
        }
    }

    async fn watch(&self, _tenant: TenantId, watch: Watch) -> Result<Frames, LogsError> {
        Filter::new(&watch.wanted)?;
        Ok(stream::empty().boxed())
    }
}
