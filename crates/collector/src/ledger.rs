//! One tenant's log while it is open: its book, where reading is, and who watches.
//!
//! Whatever is added goes to the book and to the viewers in one order, under one lock; nobody holds it while the disk works
//! ([`disk`]). Where the disk takes nothing, viewers still get what comes; the book's own place is not moved then, so what is
//! missing in it is read again once it can be kept.

mod disk;
mod notes;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::log::{
    EndReason, Harvested, LogCursor, LogEntry, LogLine, LogPhase, LogSource, LogStream, RawLine, Understanding,
};
use logbook::{Book, BookError};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::hub::{Hub, Queue, Shape};
use crate::record;
use crate::settings::Settings;
use crate::state::{Container, State};
use crate::told::Told;
use crate::waiting::Waiting;
use crate::whole::Whole;
use disk::{Errands, Lost};

pub(crate) use disk::{End, Hands};

/// One tenant's.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) tenant: TenantId,
    core: Mutex<Core>,
    /// Who reads a container: one at a time.
    turns: Mutex<HashMap<LogSource, Arc<Turn>>>,
    /// Which were started since they were last looked at.
    starts: Mutex<HashMap<MadeFor, DateTime<Utc>>>,
    /// Rung when its containers should be looked at.
    pub(crate) bell: Notify,
    /// Rung when something was read or looked at; see [`Self::whole`].
    read: Notify,
    /// Rung when something was done on disk.
    disk: Notify,
    /// Ends whoever follows; `None` while nobody does.
    pub(crate) follower: Mutex<Option<CancellationToken>>,
}

/// What an event tells a container by: its phase and the generation it was made for.
pub(crate) type MadeFor = (LogPhase, i64);

/// The right to read one container.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    pub(crate) held: tokio::sync::Mutex<()>,
    /// Cancelled to have whoever holds it let go; replaced by whoever takes it.
    pub(crate) leave: Mutex<CancellationToken>,
    /// How often it could not be read to its end, to be removed.
    pub(crate) failures: AtomicU32,
}

/// What changes.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) book: Book,
    pub(crate) state: State,
    pub(crate) hub: Hub,
    /// Counts the times that the book went back to what is on disk: who reads begins again then.
    pub(crate) epoch: u64,
    /// Since when the disk has taken nothing.
    pub(crate) stalled: Option<Instant>,
    /// Whether it has since what was last read.
    was_stalled: bool,
    told: Told,
    /// Containers that went before their logs could be kept, until the book says so.
    lost: Vec<Lost>,
    errands: Errands,
    /// Bytes that may wait to be written.
    most_waiting: usize,
    /// What stands before the next line that is later.
    pub(crate) waiting: Waiting,
    flushed: Instant,
    /// Bytes read since it was last asked.
    read: u64,
    pub(crate) as_of: Option<DateTime<Utc>>,
    whole: Whole,
    /// When the engine was asked for the newest list of its containers that was compared.
    pub(crate) listed_at: Option<Instant>,
    period: std::time::Duration,
    writer: record::Writer,
}

impl Ledger {
    /// Waits for the disk.
    ///
    /// # Errors
    /// [`BookError`].
    pub(crate) fn open(
        tenant: TenantId,
        folder: &Path,
        settings: &Settings,
        hands: Hands,
    ) -> Result<Arc<Self>, BookError> {
        let book = Book::open(folder, settings.book)?;
        let marks = hands.marks.of(tenant);
        let ledger =
            Arc::new_cyclic(|ledger| Self::of(tenant, book, settings, Errands::new(hands, Weak::clone(ledger))));
        if !marks.is_empty() {
            ledger.core().take_marks(marks);
        }
        Ok(ledger)
    }

    fn of(tenant: TenantId, book: Book, settings: &Settings, errands: Errands) -> Self {
        let shape = Shape {
            period: settings.batch,
            lines: settings.batch_lines,
            bytes: usize::try_from(settings.batch_bytes.0).unwrap_or(usize::MAX),
            queue: settings.viewer_batches.max(1),
        };
        let core = Core {
            state: State::read(book.state()),
            book,
            hub: Hub::new(shape),
            epoch: 0,
            stalled: None,
            was_stalled: false,
            told: Told::default(),
            lost: Vec::new(),
            errands,
            most_waiting: usize::try_from(settings.waiting.0).unwrap_or(usize::MAX).max(2 * settings.book.block),
            waiting: Waiting::default(),
            flushed: Instant::now(),
            read: 0,
            as_of: None,
            whole: Whole::default(),
            listed_at: None,
            period: settings.flush,
            writer: record::Writer::default(),
        };
        Self {
            tenant,
            core: Mutex::new(core),
            turns: Mutex::default(),
            starts: Mutex::default(),
            bell: Notify::new(),
            read: Notify::new(),
            disk: Notify::new(),
            follower: Mutex::default(),
        }
    }

    /// Nothing is held across an await, and none waits for the disk meanwhile.
    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        lock(&self.core)
    }

    pub(crate) fn turn(&self, source: LogSource) -> Arc<Turn> {
        Arc::clone(lock(&self.turns).entry(source).or_default())
    }

    /// Tries again to keep what the disk has not taken. Who follows a container that says nothing now would not notice.
    pub(crate) fn recover(&self) {
        if self.core().recover() {
            for turn in lock(&self.turns).values() {
                lock(&turn.leave).cancel();
            }
        }
    }

    pub(crate) fn is_followed(&self) -> bool {
        lock(&self.follower).is_some()
    }

    /// Notes that a container was read as far as it was, by whoever began in that epoch.
    pub(crate) fn was_read(&self, core: &mut Core, source: LogSource, epoch: u64) {
        if epoch == core.epoch {
            core.whole.read(epoch, source);
            self.read.notify_waiters();
        }
    }

    /// Notes which containers there are.
    pub(crate) fn was_seen(&self, core: &mut Core, there: HashSet<LogSource>) {
        core.whole.see(core.epoch, there);
        self.read.notify_waiters();
    }

    /// Waits until all that was at the engine has been read once.
    pub(crate) async fn whole(&self) {
        loop {
            let read = self.read.notified();
            if self.core().is_whole() {
                return;
            }
            read.await;
        }
    }

    /// Notes that a container was started, for whoever looks next.
    pub(crate) fn note_start(&self, made_for: MadeFor, at: DateTime<Utc>) {
        lock(&self.starts).insert(made_for, at);
    }

    /// When a container was started, if that was noted since this was last asked.
    pub(crate) fn take_start(&self, made_for: MadeFor) -> Option<DateTime<Utc>> {
        lock(&self.starts).remove(&made_for)
    }

    /// Lets go of what is known of containers that are gone.
    pub(crate) fn forget_turns(&self, keep: impl Fn(LogSource) -> bool) {
        lock(&self.turns).retain(|source, _| keep(*source));
    }
}

impl Core {
    pub(crate) fn harvested(&self, source: LogSource) -> Harvested {
        self.state.containers.get(&source).map(|container| container.harvested).unwrap_or_default()
    }

    /// Whether all that was at the engine has been read once, so that a line that is not in the book will not come.
    pub(crate) const fn is_whole(&self) -> bool {
        self.stalled.is_none() && self.whole.is(self.epoch)
    }

    /// Adds a line, behind what waits and is older.
    pub(crate) fn line(&mut self, rules: &Understanding, raw: RawLine, now: Instant) {
        while let Some(waits) = self.waiting.before(&raw.cursor) {
            self.tell(waits, now);
        }
        self.read += raw.bytes.len() as u64;
        let RawLine { cursor, bytes, cut } = raw;
        let Some(container) = self.state.containers.get_mut(&cursor.source) else { return };
        let reading = &mut container.readings[usize::from(cursor.stream == LogStream::Stderr)];
        let understood = rules.read(reading, bytes);
        let line = LogLine {
            cursor,
            ts: cursor.at(),
            stream: cursor.stream,
            level: understood.level,
            text: understood.text,
            continues: understood.continues,
            cut,
        };
        if self.stalled.is_none() {
            container.harvested.keep(&cursor);
        }
        let new_to_viewers = !self.told.has(&cursor);
        if self.stalled.is_some() && new_to_viewers && self.is_watched() {
            self.told.line(&cursor);
        }
        self.add(LogEntry::Line(line), new_to_viewers, now);
    }

    /// Whether anybody is told what is said now.
    const fn is_watched(&self) -> bool {
        self.hub.viewers() > 0
    }

    /// Somebody comes to watch. Answers with the containers of which others were told what is not kept, and how far it is: that
    /// is not said again.
    pub(crate) fn sit(&mut self, sieves: bool) -> (Queue, Vec<(LogSource, Harvested)>) {
        if self.stalled.is_some() && !self.is_watched() {
            // What was read by now nobody has seen.
            self.epoch += 1;
        }
        let missed = self.state.containers.iter().map(|(source, container)| (*source, container.harvested));
        let missed = missed.filter(|(source, kept)| self.told.is_beyond(*source, kept)).collect();
        (self.hub.sit(sieves), missed)
    }

    /// Whether that was the last one to watch.
    pub(crate) fn leave(&mut self, id: u64) -> bool {
        let last = self.hub.leave(id);
        if last {
            self.told.clear();
        }
        last
    }

    fn add(&mut self, entry: LogEntry, tell: bool, now: Instant) {
        let record = self.writer.encode(&entry);
        if self.stalled.is_none() {
            // A record is no larger than a line may be.
            let _position = self.book.append(entry.cursor().nanos, &record);
        }
        if tell {
            match record::line_json(&record) {
                Some(json) => self.hub.line(entry, json, now),
                None => self.hub.note(entry, now),
            }
        }
        if self.stalled.is_none() && self.book.is_due() {
            self.write();
        }
    }

    /// What is due by time, after something came or nothing did.
    pub(crate) fn tick(&mut self, now: Instant) {
        if self.hub.due().is_some_and(|due| due <= now) {
            self.hub.flush(now);
        }
        // Behind a slow disk blocks grow rather than become many.
        if self.book.is_pending() && now >= self.flushed + self.period && !self.book.is_busy() {
            self.write();
        }
    }

    /// When [`Self::tick`] has something to do; `None`: not before something comes.
    pub(crate) fn due(&self) -> Option<Instant> {
        let since = if self.book.is_busy() { Instant::now() } else { self.flushed };
        let book = self.book.is_pending().then_some(since + self.period);
        [book, self.hub.due()].into_iter().flatten().min()
    }

    /// Bytes of lines that came since this was last asked.
    pub(crate) fn take_read(&mut self) -> u64 {
        std::mem::take(&mut self.read)
    }

    /// Whether nobody watches, and nothing is known that is not on disk.
    pub(crate) fn is_idle(&self) -> bool {
        let has_all = self.stalled.is_none() && self.lost.is_empty() && self.waiting.is_empty();
        has_all && self.errands.is_done() && self.book.waiting() == 0 && !self.is_watched()
    }

    /// Ends all that goes on here.
    pub(crate) fn close(&mut self, reason: EndReason) {
        self.hub.close(reason, Instant::now());
        self.write();
    }

    /// The container, known from here on.
    pub(crate) fn meet(&mut self, source: LogSource, phase: LogPhase) -> &mut Container {
        self.state.containers.entry(source).or_insert_with(|| Container {
            phase,
            runs: false,
            since: None,
            harvested: Harvested::default(),
            readings: Default::default(),
            done: false,
        })
    }

    /// Lets go of a container that is gone.
    pub(crate) fn part(&mut self, source: LogSource) {
        self.state.containers.remove(&source);
        self.told.forget(source);
    }

    /// Of others than these nothing is said any more.
    pub(crate) fn forget_notes(&mut self, keep: impl Fn(LogSource) -> bool) {
        // While the disk takes nothing they may be known to it.
        if self.stalled.is_none() {
            self.told.forget_notes(keep);
        }
    }

    /// Whether a container that serves takes over from another.
    pub(crate) fn replaces(&mut self, source: LogSource) -> bool {
        let before = self.state.served.replace(source);
        before.is_some_and(|before| before != source)
    }

    /// The book to read, beside whoever adds to it.
    pub(crate) fn view(&self) -> logbook::View {
        self.book.view()
    }
}

/// Whether the book has that entry, and where.
pub(crate) fn position_of(view: &logbook::View, cursor: &LogCursor) -> Result<Option<u64>, BookError> {
    view.find(cursor.nanos, |record| record::has_cursor(record, cursor))
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
