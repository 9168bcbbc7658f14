//! What a ledger does about its disk: writes what waits, and goes back to what is there where that takes nothing.

use chrono::{DateTime, Utc};
use domain::log::{GapReason, LogEntry, LogGap, LogSource};
use logbook::BookError;
use tokio::time::Instant;

use super::Core;
use crate::state::State;

/// A container of which the end is missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    source: LogSource,
    /// The last line that was kept.
    from: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
}

/// How reading the log of a container ended that is to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Read,
    /// Whoever removed it had it read.
    Gone,
    Unread,
}

impl Core {
    /// Writes what waits; whether the disk has taken it. Where it hasn't, the book is as on disk again.
    pub(crate) fn keep(&mut self, sync: bool) -> bool {
        self.flushed = Instant::now();
        if self.stalled.is_some() {
            return false;
        }
        let waits = self.book.is_pending();
        if waits || sync {
            self.book.set_state(self.state.write());
        }
        let kept = if sync { self.book.sync() } else { self.book.flush() };
        match kept {
            Ok(()) => {
                self.was_stalled &= !waits;
                self.told.kept();
                self.waiting.kept();
                // What the book was to say of them is in what waited.
                self.lost.clear();
                true
            }
            Err(error) => {
                self.stall(&error);
                false
            }
        }
    }

    fn stall(&mut self, error: &BookError) {
        tracing::error!(%error, "a tenant's log can't be kept now; what comes is read again once it can");
        // Viewers have all that waited, and perhaps more from an earlier time.
        let watched = self.is_watched();
        for (source, container) in self.state.containers.iter().filter(|_| watched) {
            self.told.lines_to(*source, container.harvested);
        }
        (self.stalled, self.was_stalled) = (Some(Instant::now()), true);
        self.go_back();
    }

    /// To what is on disk: all since is read and said again.
    fn go_back(&mut self) {
        self.book.discard();
        self.state = State::read(self.book.state());
        self.told.not_kept();
        self.waiting.not_kept();
        self.epoch += 1;
    }

    /// Tries again whether the disk takes anything; whether it had not. Who reads begins again then.
    pub(super) fn recover(&mut self) -> bool {
        if self.stalled.take().is_none() {
            return false;
        }
        // What was noted meanwhile stands nowhere.
        self.go_back();
        for lost in self.lost.clone() {
            self.write_of_lost(lost);
        }
        true
    }

    /// A container goes, and its log is to be on the disk. Whether it is; `None` if the book has gone back since it was read.
    pub(crate) fn finish(&mut self, source: LogSource, end: End, now: DateTime<Utc>) -> Option<bool> {
        match end {
            End::Read if !self.whole.has(self.epoch, source) => return None,
            End::Unread => self.gap(source, GapReason::Removed, Some(now), now),
            End::Read | End::Gone => {}
        }
        self.be_done(source);
        let kept = self.keep(true);
        if !kept {
            self.lose(source, now);
        }
        Some(kept)
    }

    /// A container goes whose log the disk has not taken. That is said as soon as it takes anything.
    fn lose(&mut self, source: LogSource, at: DateTime<Utc>) {
        let from = self.harvested(source).last().map(DateTime::from_timestamp_nanos);
        self.lost.push(Lost { source, from, at });
        self.be_done(source);
    }

    /// To the book alone: whoever watched has seen the lines.
    fn write_of_lost(&mut self, Lost { source, from, at }: Lost) {
        self.be_done(source);
        let cursor = self.state.speak(at);
        let gap = LogGap { cursor, lost: None, reason: GapReason::DiskFull, container: source, from, to: Some(at) };
        let record = self.writer.encode(&LogEntry::Gap(gap));
        let _position = self.book.append(cursor.nanos, &record);
    }

    /// A container is read as far as it ever will be.
    fn be_done(&mut self, source: LogSource) {
        if let Some(container) = self.state.containers.get_mut(&source) {
            container.done = true;
        }
    }
}
