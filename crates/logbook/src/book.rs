//! Appending, in memory, and what is to be done on disk: by [`Job`]s, one at a time, so that nobody who appends waits for the disk.

use std::collections::VecDeque;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use crate::block::Builder;
use crate::disk::{Disk, Shown};
use crate::read::View;
use crate::{BookError, Options};

/// One book, open; nobody else may write to its folder meanwhile.
#[derive(Debug)]
pub struct Book {
    options: Options,
    /// `None` while a job has it.
    disk: Option<Box<Disk>>,
    shown: Shown,
    /// Blocks that are to be written, in their order. The first stays until it is.
    closed: VecDeque<Arc<Closed>>,
    /// How many blocks were closed so far, and how many of them written.
    counts: (u64, u64),
    /// What is in no block yet.
    pending: Builder,
    /// As of the last record on disk.
    kept_state: Vec<u8>,
    /// As of the last record that waits.
    state: Vec<u8>,
}

/// A block that is to be written.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) first: u64,
    pub(crate) records: Builder,
    state: Vec<u8>,
}

impl Closed {
    fn end(&self) -> u64 {
        self.first + u64::from(self.records.count())
    }
}

/// Something to be done on disk: [`Self::run`] it where waiting does no harm, and give it back to [`Book::finish`].
#[derive(Debug)]
#[must_use]
pub struct Job {
    disk: Box<Disk>,
    block: Option<Arc<Closed>>,
    sync: bool,
    enforce: Option<i64>,
    /// Whether more waits behind the block.
    more: bool,
    wrote: bool,
    outcome: Result<(), BookError>,
    enforced: Result<(), BookError>,
}

/// What is wanted of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The first block that is closed.
    pub write: bool,
    /// That the disk has all that is written, and this block: also a crash of the host leaves it then.
    pub sync: bool,
    /// Removing the oldest files until the limits hold at that time in nanoseconds, whole files only. The last is never too large;
    /// where it is too old, a new one with the state alone takes its place.
    pub enforce: Option<i64>,
}

/// How it went.
#[derive(Debug)]
pub struct Done {
    /// Whether a block was written, and how many records were in it.
    pub wrote: Option<u32>,
    /// Writing, and waiting for the disk. After a failure the file is as it was.
    pub outcome: Result<(), BookError>,
    pub enforced: Result<(), BookError>,
}

impl Job {
    /// Does it. Waits for the disk.
    pub fn run(&mut self) {
        let done = catch_unwind(AssertUnwindSafe(|| self.work()));
        if done.is_err() {
            self.outcome = Err(BookError::Panicked);
        }
    }

    /// Whether it waits until the disk has all.
    #[must_use]
    pub const fn syncs(&self) -> bool {
        self.sync
    }

    fn work(&mut self) {
        if let Some(block) = &self.block {
            self.outcome = self.disk.write(&block.records, &block.state);
            self.wrote = self.outcome.is_ok();
        }
        if self.sync && self.outcome.is_ok() {
            self.outcome = self.disk.sync();
        }
        if let Some(now) = self.enforce {
            self.enforced = self.disk.enforce(now, self.more);
        }
    }
}

impl Book {
    /// Opens the book in `folder`, or begins one there. What a crash has left half-written at its end is cut off. Waits for the disk.
    ///
    /// # Errors
    /// [`BookError`].
    pub fn open(folder: &Path, options: Options) -> Result<Self, BookError> {
        let disk = Box::new(Disk::open(folder, options)?);
        let (shown, kept_state) = (disk.shown(), disk.state().to_owned());
        Ok(Self {
            options,
            disk: Some(disk),
            shown,
            closed: VecDeque::new(),
            counts: (0, 0),
            pending: Builder::default(),
            state: kept_state.clone(),
            kept_state,
        })
    }

    /// The book as it is now, what waits included, to be read while it is written on.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            shown: self.shown.clone(),
            closed: self.closed.iter().cloned().collect(),
            pending: self.pending.clone(),
            pending_first: self.closed_end(),
        }
    }

    /// What the writer has last said of where it is, as of the last record on disk or waiting; empty at first.
    #[must_use]
    pub fn state(&self) -> &[u8] {
        &self.state
    }

    /// As of the last record on disk.
    #[must_use]
    pub fn kept_state(&self) -> &[u8] {
        &self.kept_state
    }

    /// The position of the oldest record there is; [`Self::end`] if there is none.
    #[must_use]
    pub fn begin(&self) -> u64 {
        self.shown.begin()
    }

    /// The position of the next record.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.closed_end() + u64::from(self.pending.count())
    }

    fn closed_end(&self) -> u64 {
        self.closed.back().map_or(self.shown.written, |block| block.end())
    }

    /// Bytes on disk.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.shown.size
    }

    /// Whether records wait that are in no block yet.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.pending.count() > 0
    }

    /// Whether so much is in no block yet that one should be closed.
    #[must_use]
    pub const fn is_due(&self) -> bool {
        self.pending.len() >= self.options.block
    }

    /// Whether a job is out, or would have a block to write.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.disk.is_none() || !self.closed.is_empty()
    }

    /// Bytes that wait to be written, uncompressed.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.closed.iter().map(|block| block.records.len()).sum::<usize>() + self.pending.len()
    }

    /// How many blocks were closed so far, and how many of them are written. What was discarded counts in neither.
    #[must_use]
    pub const fn blocks(&self) -> (u64, u64) {
        self.counts
    }

    /// Adds a record, in memory; `at` is its time in nanoseconds. Answers with its position.
    ///
    /// # Errors
    /// [`BookError::TooLarge`].
    pub fn append(&mut self, at: i64, bytes: &[u8]) -> Result<u64, BookError> {
        let position = self.end();
        self.pending.push(at, bytes)?;
        Ok(position)
    }

    /// Says where the writer is, with everything appended so far. It is kept with the next block.
    pub fn set_state(&mut self, state: Vec<u8>) {
        self.state = state;
    }

    /// Makes a block of what is in none, with the state; whether there was anything.
    pub fn close(&mut self) -> bool {
        if !self.is_pending() {
            return false;
        }
        let (first, records) = (self.closed_end(), std::mem::take(&mut self.pending));
        self.closed.push_back(Arc::new(Closed { first, records, state: self.state.clone() }));
        self.counts.0 += 1;
        true
    }

    /// The same, also if there is nothing but a state that no block has.
    pub fn close_with_state(&mut self) -> bool {
        let last = self.closed.back().map_or(&self.kept_state, |block| &block.state);
        if self.is_pending() || self.state == *last {
            return self.close();
        }
        let (first, records) = (self.closed_end(), Builder::default());
        self.closed.push_back(Arc::new(Closed { first, records, state: self.state.clone() }));
        self.counts.0 += 1;
        true
    }

    /// What is to be done next of that; `None`: nothing, or one is out.
    pub fn job(&mut self, wanted: Wanted) -> Option<Job> {
        let block = self.closed.front().filter(|_| wanted.write).cloned();
        if block.is_none() && !wanted.sync && wanted.enforce.is_none() {
            return None;
        }
        let (disk, more) = (self.disk.take()?, self.is_pending() || self.closed.len() > usize::from(block.is_some()));
        let Wanted { sync, enforce, write: _ } = wanted;
        Some(Job { disk, block, sync, enforce, more, wrote: false, outcome: Ok(()), enforced: Ok(()) })
    }

    /// Takes a job back that has run. Where it has failed, all that waits still does, until it is discarded.
    pub fn finish(&mut self, job: Job) -> Done {
        let Job { disk, block, wrote, outcome, enforced, .. } = job;
        self.shown = disk.shown();
        disk.state().clone_into(&mut self.kept_state);
        self.disk = Some(disk);
        let wrote = block.filter(|_| wrote).map(|block| block.records.count());
        if wrote.is_some() {
            self.closed.pop_front();
            self.counts.1 += 1;
        }
        Done { wrote, outcome, enforced }
    }

    /// Writes what waits, and waits for that. After a failure the rest still waits.
    ///
    /// # Errors
    /// [`BookError::NoRoom`] if the disk is full.
    pub fn flush(&mut self) -> Result<(), BookError> {
        self.close();
        while !self.closed.is_empty() {
            self.now(Wanted { write: true, ..Wanted::default() })?;
        }
        Ok(())
    }

    /// [`Self::flush`], the state also if nothing waits, and waits until the disk has it: also a crash of the host leaves it then.
    ///
    /// # Errors
    /// As there.
    pub fn sync(&mut self) -> Result<(), BookError> {
        self.close_with_state();
        self.flush()?;
        self.now(Wanted { sync: true, ..Wanted::default() })
    }

    /// See [`Wanted::enforce`]. Answers with how many records went.
    ///
    /// # Errors
    /// [`BookError`] if a file can't be removed, or written.
    pub fn enforce(&mut self, now: i64) -> Result<u64, BookError> {
        let begin = self.begin();
        self.now(Wanted { enforce: Some(now), ..Wanted::default() })?;
        Ok(self.begin() - begin)
    }

    fn now(&mut self, wanted: Wanted) -> Result<(), BookError> {
        let Some(mut job) = self.job(wanted) else { return Ok(()) };
        job.run();
        let Done { outcome, enforced, .. } = self.finish(job);
        outcome.and(enforced)
    }

    /// Forgets what waits: the book is as on disk, its state too. Answers with how many records that were. No block may be out.
    pub fn discard(&mut self) -> u32 {
        let gone = self.closed.drain(..).map(|block| block.records.count()).sum::<u32>() + self.pending.count();
        self.counts.0 = self.counts.1;
        self.pending = Builder::default();
        self.state.clone_from(&self.kept_state);
        gone
    }

    /// Removes a book and all of its folder; no error if it is not there. Waits for the disk.
    ///
    /// # Errors
    /// [`BookError`].
    pub fn destroy(folder: &Path) -> Result<(), BookError> {
        match fs::remove_dir_all(folder) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(BookError::io(folder, source)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
