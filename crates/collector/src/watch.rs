//! One who watches: first what was missed, out of the book, then what comes.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;
use domain::log::{EndReason, Filter, GapReason, Harvested, LogCursor, LogEntry, LogFrame, LogGap, LogSource, Sieve};
use futures_util::StreamExt;
use futures_util::stream;
use logbook::{Bounds, View};
use logs::{Frames, LogsError, Watch};
use tokio::time::Instant;

use crate::Shared;
use crate::follow;
use crate::hub::{LINES, Next, Queue, frame_of, json};
use crate::ledger::{Ledger, position_of};
use crate::pages::unreadable;
use crate::record;
use crate::resume::{self, Resumed};

/// Entries read at once on the way to what comes.
const STEP: u64 = 2000;

struct Viewer {
    shared: Arc<Shared>,
    ledger: Arc<Ledger>,
    sieve: Option<Sieve>,
    /// The next position to be shown, until it is the end.
    missed: Option<u64>,
    /// What was shown before it.
    shown: Option<LogCursor>,
    seat: Option<Seat>,
    ready: VecDeque<Bytes>,
    ended: bool,
}

/// A place among those who watch; left when this goes.
struct Seat {
    queue: Queue,
    ledger: Arc<Ledger>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Under the lock, so that whoever comes now either finds us here or starts anew.
        let mut core = self.ledger.core();
        if core.leave(self.queue.id) {
            follow::stop(&self.ledger);
        }
    }
}

/// # Errors
/// [`LogsError`].
pub(crate) async fn watch(shared: &Arc<Shared>, ledger: Arc<Ledger>, watch: Watch) -> Result<Frames, LogsError> {
    let filter = Filter::new(&watch.wanted)?;
    let mut viewer = Viewer {
        shared: Arc::clone(shared),
        ledger,
        sieve: (!filter.is_open()).then(|| Sieve::new(filter.clone())),
        missed: None,
        shown: watch.after,
        seat: None,
        ready: VecDeque::new(),
        ended: false,
    };
    match watch.after {
        Some(cursor) => viewer.go_on(filter, cursor).await?,
        None => viewer.begin(filter).await?,
    }
    Ok(stream::unfold(viewer, |mut viewer| async { Some((viewer.next().await?, viewer)) }).boxed())
}

pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, LogsError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_panicked| LogsError::Unavailable("reading has failed".to_owned()))
}

impl Viewer {
    /// From now on.
    async fn begin(&mut self, filter: Filter) -> Result<(), LogsError> {
        let end = self.sit(None);
        if let (Some(sieve), Some(end)) = (&mut self.sieve, end) {
            // An entry may be under way.
            let view = self.ledger.core().view();
            *sieve = blocking(move || resume::before(&view, filter, end)).await?.map_err(unreadable)?;
        }
        Ok(())
    }

    /// Behind an entry they have.
    async fn go_on(&mut self, filter: Filter, cursor: LogCursor) -> Result<(), LogsError> {
        let is_open = filter.is_open();
        let find = move |view: &View| {
            let position = position_of(view, &cursor).map_err(unreadable)?.ok_or(LogsError::CursorGone)?;
            if is_open {
                let (sieve, ready, next) = (Sieve::new(filter.clone()), Vec::new(), position + 1);
                return Ok(Resumed { sieve, ready, next });
            }
            resume::after(view, filter.clone(), (&cursor, position)).map_err(unreadable)
        };
        let Resumed { sieve, ready, next } = self.shared.ask(&self.ledger, find).await?;
        self.ready.extend(frames(ready, self.bytes()));
        (self.sieve, self.missed) = ((!is_open).then_some(sieve), Some(next));
        Ok(())
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            if self.ended {
                return None;
            }
            if let Some(from) = self.missed {
                self.show_missed(from).await;
                continue;
            }
            let Some(seat) = &mut self.seat else { return None };
            match seat.queue.next().await {
                Next::Batch(batch) if self.sieve.is_none() => return Some(batch.frame.clone()),
                Next::Batch(batch) => self.show(batch.entries.clone()),
                Next::Lagged(frame) => return Some(json(&frame)),
                Next::End(reason) => self.end(reason),
            }
        }
    }

    /// What is sent at once, but for one long line.
    fn bytes(&self) -> usize {
        usize::try_from(self.shared.settings.batch_bytes.0).unwrap_or(usize::MAX)
    }

    fn end(&mut self, reason: EndReason) {
        self.ready.push_back(json(&LogFrame::End { reason }));
        self.ended = true;
    }

    /// Takes a place, unless there is more by now than `seen`: then that comes first. Where in the book that is.
    fn sit(&mut self, seen: Option<u64>) -> Option<u64> {
        let mut core = self.ledger.core();
        let end = core.book.end();
        if seen.is_some_and(|seen| seen < end) {
            return None;
        }
        // What waits for the others is in the book already.
        core.hub.flush(Instant::now());
        let (queue, missed) = core.sit(self.sieve.is_some());
        for (source, kept) in missed {
            let gap = self.gap_of_full_disk(source, kept);
            self.ready.push_back(frame_of(&LogEntry::Gap(gap)));
        }
        self.seat = Some(Seat { queue, ledger: Arc::clone(&self.ledger) });
        self.missed = None;
        follow::start(&self.shared, &self.ledger);
        Some(end)
    }

    /// From the last that is kept to now.
    fn gap_of_full_disk(&self, source: LogSource, kept: Harvested) -> LogGap {
        let now = self.shared.clock.now();
        let last = kept.cursor(source);
        // One that can be gone on from.
        let cursor = self.shown.or(last).unwrap_or_else(|| LogCursor::of_platform(now, 0));
        let from = last.map(|last| last.at());
        LogGap { cursor, lost: None, reason: GapReason::DiskFull, container: source, from, to: Some(now) }
    }

    async fn show_missed(&mut self, from: u64) {
        let (view, bytes) = (self.ledger.core().view(), self.bytes());
        let read = blocking(move || entries(&view, from, bytes)).await;
        match read {
            Ok(Ok((entries, next))) => {
                self.tell_of_gone((from, next), &entries);
                self.missed = Some(next);
                self.shown = entries.last().map(LogEntry::cursor).or(self.shown);
                self.show(entries);
                self.sit(Some(next));
            }
            Ok(Err(error)) => {
                let _told = unreadable(error);
                self.end(EndReason::Unavailable);
            }
            Err(_) => self.end(EndReason::Unavailable),
        }
    }

    /// What is kept has its limits: entries may go while a viewer is on its way to them.
    fn tell_of_gone(&mut self, (from, next): (u64, u64), entries: &[LogEntry]) {
        let lost = (next - from).saturating_sub(entries.len() as u64);
        let Some(shown) = self.shown.filter(|_| lost > 0) else { return };
        let gap = LogGap {
            // Nothing of what is gone can be gone on from.
            cursor: shown,
            lost: Some(lost),
            reason: GapReason::Rotated,
            container: shown.source,
            from: Some(shown.at()),
            to: entries.first().map(|entry| entry.cursor().at()),
        };
        self.ready.push_back(frame_of(&LogEntry::Gap(gap)));
    }

    fn show(&mut self, entries: Vec<LogEntry>) {
        let wanted = match &mut self.sieve {
            Some(sieve) => {
                let mut wanted = Vec::new();
                for entry in entries {
                    sieve.push(entry, &mut wanted);
                }
                wanted
            }
            None => entries,
        };
        self.ready.extend(frames(wanted, self.bytes()));
    }
}

/// Some entries from a position on, and which comes then.
fn entries(view: &View, from: u64, bytes: usize) -> Result<(Vec<LogEntry>, u64), logbook::BookError> {
    let (mut entries, mut next, mut left) = (Vec::new(), from.max(view.begin()), bytes);
    view.forward(Bounds { from: next, to: next.saturating_add(STEP) }, |record| {
        next = record.position + 1;
        entries.extend(record::decode(record.bytes));
        left = left.saturating_sub(record.bytes.len());
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok((entries, next))
}

/// Lines together, as many as fit, everything else by itself.
fn frames(entries: Vec<LogEntry>, bytes: usize) -> Vec<Bytes> {
    let (mut frames, mut lines): (Vec<Bytes>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    let flush = |lines: &mut Vec<Vec<u8>>, frames: &mut Vec<Bytes>| {
        if !lines.is_empty() {
            frames.push([LINES.0, &std::mem::take(lines).join(&b','), LINES.1].concat().into());
        }
    };
    let mut size = 0;
    for entry in entries {
        match entry {
            LogEntry::Line(line) => {
                let line = serde_json::to_vec(&line).expect("plain structs have a JSON");
                if size + line.len() > bytes {
                    flush(&mut lines, &mut frames);
                    size = 0;
                }
                size += line.len() + 1;
                lines.push(line);
            }
            other @ (LogEntry::Gap(_) | LogEntry::Container(_)) => {
                flush(&mut lines, &mut frames);
                size = 0;
                frames.push(frame_of(&other));
            }
        }
    }
    flush(&mut lines, &mut frames);
    frames
}
