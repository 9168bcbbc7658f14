//! What viewers were told that is not on disk, and so is said again once it can be kept: to the book, and not to them.

use std::collections::{HashMap, VecDeque};

use domain::log::{ContainerChange, Harvested, LogCursor, LogSource, LogStream};

/// Of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Of each container how far.
    lines: HashMap<LogSource, Harvested>,
    /// The last of the platform's events.
    pub(crate) event: i64,
    /// What else was said since a block was closed, and with each that is not written.
    said: Vec<(LogSource, Note)>,
    closed: VecDeque<Vec<(LogSource, Note)>>,
    /// That of it that comes again.
    again: Vec<(LogSource, Note)>,
}

/// What is said of a container beside its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    Change(ContainerChange),
    Gap,
}

impl Told {
    pub(crate) fn has(&self, cursor: &LogCursor) -> bool {
        self.lines.get(&cursor.source).is_some_and(|told| told.has(cursor))
    }

    /// Whether a line of that time was told, or a later one.
    pub(crate) fn has_from(&self, source: LogSource, nanos: i64) -> bool {
        let at = |stream| LogCursor { source, stream, nanos, ordinal: 0 };
        [LogStream::Stdout, LogStream::Stderr].into_iter().any(|stream| self.has(&at(stream)))
    }

    /// Whether more was told of a container than that.
    pub(crate) fn is_beyond(&self, source: LogSource, kept: &Harvested) -> bool {
        self.lines.get(&source).is_some_and(|told| !kept.covers(told))
    }

    pub(crate) fn line(&mut self, cursor: &LogCursor) {
        self.lines.entry(cursor.source).or_default().keep(cursor);
    }

    /// All that waits to be kept of a container.
    pub(crate) fn lines_to(&mut self, source: LogSource, waits: Harvested) {
        let told = self.lines.entry(source).or_default();
        *told = told.furthest(waits);
    }

    /// Takes a note; whether it is news. `heard`: by viewers.
    pub(crate) fn note(&mut self, source: LogSource, note: Note, heard: bool) -> bool {
        // However often one gap was met meanwhile, it comes once.
        let once = note == Note::Gap && self.said.contains(&(source, note));
        if heard && !once {
            self.said.push((source, note));
        }
        let place = self.again.iter().position(|said| *said == (source, note));
        place.map(|place| self.again.remove(place)).is_none()
    }

    /// What was said is in a block.
    pub(crate) fn close(&mut self) {
        self.closed.push_back(std::mem::take(&mut self.said));
    }

    /// The disk has the first block.
    pub(crate) fn kept(&mut self) {
        self.closed.pop_front();
    }

    /// The disk has none of what is left, and it is said again.
    pub(crate) fn not_kept(&mut self) {
        self.again.extend(self.closed.drain(..).flatten());
        self.again.append(&mut self.said);
    }

    /// Nobody is there any more who was told anything.
    pub(crate) fn clear(&mut self) {
        let mut closed = std::mem::take(&mut self.closed);
        closed.iter_mut().for_each(Vec::clear);
        *self = Self { closed, ..Self::default() };
    }

    /// Of one that is gone nothing comes again.
    pub(crate) fn forget(&mut self, source: LogSource) {
        self.lines.remove(&source);
    }

    /// Of those that are gone, and which the disk has never known, nothing does either.
    pub(crate) fn forget_notes(&mut self, keep: impl Fn(LogSource) -> bool) {
        self.again.retain(|(source, _)| keep(*source));
    }
}
