//! What a ledger does about its disk: has what waits written, and goes back to what is there where that takes nothing.
//!
//! Nobody who adds lines or watches waits for it. What is to be done is a [`Job`], done by one thread at a time, on one of those that
//! may wait; [`Hands`] says how many ledgers have one at once. Meanwhile more is added, up to [`Core::has_room`]: then
//! whoever reads the engine waits.

use std::sync::{Arc, Weak};

use chrono::{DateTime, Utc};
use domain::log::{GapReason, LogEntry, LogGap, LogSource};
use logbook::{BookError, Done, Job, Wanted};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::{Core, Ledger};
use crate::marks::{Mark, Marks};
use crate::state::State;

/// Those who do what is to be done on disk, for all ledgers.
#[derive(Clone, Debug)]
pub(crate) struct Hands {
    pub(crate) tasks: TaskTracker,
    /// For each that works at once.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) marks: Arc<Marks>,
}

/// What is to be done on a ledger's disk, and who waits for it.
#[derive(Debug)]
pub(super) struct Errands {
    hands: Hands,
    ledger: Weak<Ledger>,
    /// Whether somebody is at it, or called.
    at_it: bool,
    asks: Vec<Ask>,
    /// Those whose containers go unkept, until that is noted.
    refused: Vec<oneshot::Sender<bool>>,
    /// Up to which number the book has what was noted.
    kept_marks: Option<u64>,
    /// How many blocks were written when the disk was last waited for.
    synced: Option<u64>,
    /// When the limits are to be seen to.
    enforce: Option<i64>,
}

/// Somebody wants to know whether the disk has taken so many blocks.
#[derive(Debug)]
struct Ask {
    blocks: u64,
    sync: bool,
    answer: oneshot::Sender<bool>,
    /// A container that goes then, whether it has or not.
    going: Option<(LogSource, DateTime<Utc>)>,
}

/// A container of which the end is missing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    source: LogSource,
    /// The last line that was kept.
    from: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
    noted: Noted,
}

/// Whether a lost container is known to whoever comes after this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noted {
    NotYet,
    As(u64),
    /// That could not be.
    Never,
}

/// One thing to be done on disk.
enum Errand {
    Job(Job),
    Note(Lost),
    MarksAreKept(u64),
}

/// How reading the log of a container ended that is to be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Read,
    /// Whoever removed it had it read.
    Gone,
    Unread,
}

impl Lost {
    fn of(mark: &Mark) -> Self {
        let Mark { number, container, from, at, .. } = *mark;
        let (from, at) = (from.map(DateTime::from_timestamp_nanos), DateTime::from_timestamp_nanos(at));
        Self { source: container, from, at, noted: Noted::As(number) }
    }

    fn nanos(&self) -> i64 {
        self.at.timestamp_nanos_opt().unwrap_or_default()
    }
}

impl Errands {
    pub(super) fn new(hands: Hands, ledger: Weak<Ledger>) -> Self {
        let (asks, refused) = (Vec::new(), Vec::new());
        Self { hands, ledger, at_it: false, asks, refused, kept_marks: None, synced: None, enforce: None }
    }

    /// Whether nothing is to be done, and nobody waits.
    pub(super) const fn is_done(&self) -> bool {
        !self.at_it && self.asks.is_empty() && self.refused.is_empty() && self.enforce.is_none()
    }
}

impl Ledger {
    /// Does the next thing that is to be done on disk; whether there was any. Waits for the disk.
    fn work(&self, marks: &Marks) -> bool {
        let errand = self.core().next_errand();
        let was_any = errand.is_some();
        match errand {
            Some(Errand::Job(mut job)) => {
                job.run();
                self.core().done(job);
            }
            Some(Errand::Note(lost)) => {
                let times = (lost.from.and_then(|from| from.timestamp_nanos_opt()), lost.nanos());
                let number = marks.add(self.tenant, lost.source, times);
                self.core().noted(lost, number.map_or(Noted::Never, Noted::As));
            }
            Some(Errand::MarksAreKept(number)) => marks.kept(self.tenant, number),
            None => {}
        }
        self.disk.notify_waiters();
        was_any
    }

    /// Waits until the disk has taken some of what waits, unless it may wait.
    pub(crate) async fn room(&self) {
        loop {
            let moved = self.disk.notified();
            if self.core().has_room() {
                return;
            }
            moved.await;
        }
    }

    /// Waits until nothing is to be done on disk.
    pub(crate) async fn at_rest(&self) {
        loop {
            let moved = self.disk.notified();
            if self.core().errands.is_done() {
                return;
            }
            moved.await;
        }
    }

    /// A container goes, and its log is to be on the disk. Whether it is; `None` if the book has gone back since it was read.
    pub(crate) async fn finish(&self, source: LogSource, end: End, now: DateTime<Utc>) -> Option<bool> {
        let kept = self.core().finish(source, end, now)?;
        Some(kept.await.unwrap_or(false))
    }
}

impl Core {
    /// Has what waits written.
    pub(crate) fn write(&mut self) {
        self.flushed = Instant::now();
        if self.stalled.is_none() && self.book.is_pending() {
            self.close_block(false);
        }
        self.call();
    }

    /// The same; whether the disk has taken it then. Where it hasn't, the book is as on disk again.
    pub(crate) fn keep(&mut self) -> oneshot::Receiver<bool> {
        self.write();
        self.ask(false, None)
    }

    /// Has what is beyond the limits removed.
    pub(crate) fn enforce(&mut self, now: i64) {
        self.errands.enforce = Some(now);
        self.call();
    }

    /// Whether more may wait to be written.
    pub(crate) fn has_room(&self) -> bool {
        self.book.waiting() < self.most_waiting
    }

    fn ask(&mut self, sync: bool, going: Option<(LogSource, DateTime<Utc>)>) -> oneshot::Receiver<bool> {
        let (answer, answered) = oneshot::channel();
        let ask = Ask { blocks: self.book.blocks().0, sync, answer, going };
        if self.stalled.is_some() {
            self.refuse(ask);
        } else {
            self.errands.asks.push(ask);
            self.answer();
            self.call();
        }
        answered
    }

    fn close_block(&mut self, with_state: bool) {
        // All that is lost stands in what waits.
        self.state.mark = self.last_mark().map_or(self.state.mark, |mark| mark.max(self.state.mark));
        self.book.set_state(self.state.write());
        let closed = if with_state { self.book.close_with_state() } else { self.book.close() };
        if closed {
            self.told.close();
            self.waiting.close();
        }
    }

    /// Has somebody do what there is to do, unless they are at it: then they go on with it.
    fn call(&mut self) {
        let has_work = self.next_wanted() != Wanted::default() || self.next_to_note().is_some();
        let Some(ledger) = self.errands.ledger.upgrade().filter(|_| has_work && !self.errands.at_it) else { return };
        self.errands.at_it = true;
        let Hands { places, marks, .. } = self.errands.hands.clone();
        self.errands.hands.tasks.spawn(async move {
            loop {
                // It is never closed. One thing at a time, so that others have their turn.
                let _place = places.acquire().await;
                let (own, marks) = (Arc::clone(&ledger), Arc::clone(&marks));
                match tokio::task::spawn_blocking(move || own.work(&marks)).await {
                    Ok(true) => {}
                    Ok(false) => return,
                    Err(error) => {
                        tracing::error!(%error, "a tenant's log can't be kept any more until this process starts again");
                        return;
                    }
                }
            }
        });
    }

    fn next_wanted(&self) -> Wanted {
        let ((closed, written), errands) = (self.book.blocks(), &self.errands);
        let write = self.stalled.is_none() && closed > written;
        let then = written + u64::from(write);
        let is_due = |ask: &Ask| ask.sync && ask.blocks <= then && errands.synced < Some(ask.blocks);
        Wanted { write, sync: errands.asks.iter().any(is_due), enforce: errands.enforce }
    }

    fn next_to_note(&self) -> Option<Lost> {
        self.lost.iter().find(|lost| lost.noted == Noted::NotYet).copied()
    }

    fn next_errand(&mut self) -> Option<Errand> {
        let errand = self.next_to_note().map(Errand::Note).or_else(|| self.next_job().map(Errand::Job));
        let errand = errand.or_else(|| self.errands.kept_marks.take().map(Errand::MarksAreKept));
        self.errands.at_it = errand.is_some();
        errand
    }

    fn next_job(&mut self) -> Option<Job> {
        let (wanted, (closed, written)) = (self.next_wanted(), self.book.blocks());
        // Once more with each block, so that the limits hold when the last is written.
        if closed <= written + u64::from(wanted.write) {
            self.errands.enforce = None;
        }
        self.book.job(wanted)
    }

    /// A container that is lost was noted, or could not be: then it may go.
    fn noted(&mut self, noted: Lost, how: Noted) {
        let is_it = |lost: &&mut Lost| (lost.source, lost.at) == (noted.source, noted.at);
        self.lost.iter_mut().filter(is_it).for_each(|lost| lost.noted = how);
        if self.next_to_note().is_none() {
            for answer in self.errands.refused.drain(..) {
                // Who asked may have gone.
                let _heard = answer.send(false);
            }
        }
    }

    fn last_mark(&self) -> Option<u64> {
        let number = |lost: &Lost| if let Noted::As(number) = lost.noted { Some(number) } else { None };
        self.lost.iter().filter_map(number).max()
    }

    fn done(&mut self, job: Job) {
        let synced = job.syncs();
        let Done { wrote, outcome, enforced } = self.book.finish(job);
        if let Some(records) = wrote {
            self.was_stalled &= records == 0;
            self.told.kept();
            self.waiting.kept();
            // What the book was to say of them was in what waited.
            self.errands.kept_marks = self.last_mark().or(self.errands.kept_marks);
            self.lost.clear();
        }
        match outcome {
            Ok(()) if synced => self.errands.synced = Some(self.book.blocks().1),
            Ok(()) => {}
            Err(error) => self.stall(&error),
        }
        self.answer();
        if let Err(error) = enforced {
            tracing::error!(%error, "what is too old of a log can't be removed");
        }
    }

    /// Tells those whose blocks the disk has.
    fn answer(&mut self) {
        let (written, synced) = (self.book.blocks().1, self.errands.synced);
        let has = |ask: &mut Ask| ask.blocks <= written && (!ask.sync || synced >= Some(ask.blocks));
        for ask in self.errands.asks.extract_if(.., has) {
            // Who asked may have gone.
            let _heard = ask.answer.send(true);
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
        self.answer();
        self.go_back();
        for ask in std::mem::take(&mut self.errands.asks) {
            self.refuse(ask);
        }
    }

    fn refuse(&mut self, ask: Ask) {
        match ask.going {
            Some((source, at)) => {
                self.errands.refused.push(ask.answer);
                self.lose(source, at);
                self.call();
            }
            // Who asked may have gone.
            None => drop(ask.answer.send(false)),
        }
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
        self.write_of_all_lost();
        true
    }

    /// Takes over what was noted by a process that died before the book had it.
    pub(super) fn take_marks(&mut self, marks: Vec<Mark>) {
        let last = marks.last().map(|mark| mark.number);
        let (have, has_not): (Vec<_>, Vec<_>) = marks.into_iter().partition(|mark| mark.number <= self.state.mark);
        // Those of which the book says so since it was written last.
        self.errands.kept_marks = last.filter(|_| has_not.is_empty() && !have.is_empty());
        self.lost.extend(has_not.iter().map(Lost::of));
        self.write_of_all_lost();
        self.write();
    }

    fn write_of_all_lost(&mut self) {
        for lost in self.lost.clone() {
            self.write_of_lost(lost);
        }
    }

    fn finish(&mut self, source: LogSource, end: End, now: DateTime<Utc>) -> Option<oneshot::Receiver<bool>> {
        match end {
            End::Read if !self.whole.has(self.epoch, source) => return None,
            End::Unread => self.gap(source, GapReason::Removed, Some(now), now),
            End::Read | End::Gone => {}
        }
        self.be_done(source);
        if self.stalled.is_none() {
            self.close_block(true);
        }
        Some(self.ask(true, Some((source, now))))
    }

    /// A container goes whose log the disk has not taken. That is said as soon as it takes anything.
    fn lose(&mut self, source: LogSource, at: DateTime<Utc>) {
        let from = self.harvested(source).last().map(DateTime::from_timestamp_nanos);
        self.lost.push(Lost { source, from, at, noted: Noted::NotYet });
        self.be_done(source);
    }

    /// To the book alone: whoever watched has seen the lines.
    fn write_of_lost(&mut self, Lost { source, from, at, .. }: Lost) {
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
