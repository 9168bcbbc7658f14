//! Reading to and fro, a block at a time.
//!
//! A [`View`] is a book as it was at one moment, and reads beside its writer. Files that are forgotten meanwhile are skipped.

use std::fs::File;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::BookError;
use crate::block::{Builder, Records};
use crate::book::Closed;
use crate::disk::Shown;
use crate::segment::{self, Placed};

/// One record, where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    pub position: u64,
    /// In nanoseconds.
    pub at: i64,
    pub bytes: &'a [u8],
}

/// Between which positions to read, the second not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub from: u64,
    pub to: u64,
}

impl Bounds {
    pub const ALL: Self = Self { from: 0, to: u64::MAX };
}

/// A book as it was.
#[derive(Debug)]
pub struct View {
    pub(crate) shown: Shown,
    /// What is not on disk yet: blocks, and what is in none.
    pub(crate) closed: Vec<Arc<Closed>>,
    pub(crate) pending: Builder,
    pub(crate) pending_first: u64,
}

impl View {
    /// The position of the oldest record there is; [`Self::end`] if there is none.
    #[must_use]
    pub fn begin(&self) -> u64 {
        self.shown.begin()
    }

    /// The position after the last record.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.pending_first + u64::from(self.pending.count())
    }

    /// Hands out the records in their order, until `each` breaks.
    ///
    /// # Errors
    /// [`BookError`]; what was handed out before is as it was written.
    pub fn forward(
        &self,
        bounds: Bounds,
        mut each: impl FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        self.forward_until(bounds, i64::MAX, &mut each)
    }

    /// The same, but for blocks in which all is later than `until`; of others later records are handed out, too.
    ///
    /// # Errors
    /// As there.
    pub fn forward_until(
        &self,
        bounds: Bounds,
        until: i64,
        mut each: impl FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        self.blocks(bounds, until, false, |records| walk(records, bounds, &mut each))
    }

    /// From the last to the first.
    ///
    /// # Errors
    /// As there.
    pub fn backward(
        &self,
        bounds: Bounds,
        mut each: impl FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        self.backward_until(bounds, i64::MAX, &mut each)
    }

    /// The same, as [`Self::forward_until`] is to [`Self::forward`].
    ///
    /// # Errors
    /// As there.
    pub fn backward_until(
        &self,
        bounds: Bounds,
        until: i64,
        mut each: impl FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        self.blocks(bounds, until, true, |records| {
            let all: Vec<Record<'_>> = records.collect();
            walk(all.into_iter().rev(), bounds, &mut each)
        })
    }

    /// The position of the first record that is not earlier, as good as records are in the order of their times: of the block
    /// in which that time first stands. [`Self::end`] if all are earlier.
    ///
    /// # Errors
    /// [`BookError`].
    pub fn seek(&self, at: i64) -> Result<u64, BookError> {
        let mut found = None;
        let from = self.first_block_reaching(at)?;
        self.forward(Bounds { from, to: u64::MAX }, |record| {
            if record.at >= at {
                found = Some(record.position);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found.unwrap_or_else(|| self.end()))
    }

    /// The position after the last block that has a record of that time or an earlier one; [`Self::begin`] if there is none.
    ///
    /// # Errors
    /// [`BookError`].
    pub fn end_until(&self, until: i64) -> Result<u64, BookError> {
        let has = |(_, records): &(u64, &Builder)| records.count() > 0 && records.times().0 <= until;
        if let Some((first, records)) = self.in_memory().rev().find(has) {
            return Ok(first + u64::from(records.count()));
        }
        for part in self.parts().rev().filter(|part| part.earliest <= until) {
            if let Some(block) = part.blocks()?.iter().rev().find(|block| block.header.earliest <= until) {
                return Ok(block.header.end());
            }
        }
        Ok(self.begin())
    }

    /// The position of the record of that very time that `is_it`.
    ///
    /// # Errors
    /// [`BookError`].
    pub fn find(&self, at: i64, is_it: impl Fn(&[u8]) -> bool) -> Result<Option<u64>, BookError> {
        let mut found = None;
        let mut search = |records: Records<'_>| {
            for record in records {
                if record.at == at && is_it(record.bytes) {
                    found = Some(record.position);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        };
        // The newest first: who looks for a record has mostly just seen it.
        for (first, records) in self.in_memory().rev() {
            let (earliest, latest) = records.times();
            if (earliest..=latest).contains(&at) && search(records.records(first)).is_break() {
                return Ok(found);
            }
        }
        let holds = |block: &&Placed| (block.header.earliest..=block.header.latest).contains(&at);
        for part in self.parts().rev().filter(|part| part.may_hold(at)) {
            let Some(file) = open(part.path)? else { continue };
            for block in part.blocks()?.iter().rev().filter(holds) {
                if search(segment::load(&file, part.path, block)?.records()).is_break() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    /// The first position of the first block that has a record of that time or a later one.
    fn first_block_reaching(&self, at: i64) -> Result<u64, BookError> {
        for part in self.parts().filter(|part| part.latest >= at) {
            if let Some(block) = part.blocks()?.iter().find(|block| block.header.latest >= at) {
                return Ok(block.header.first);
            }
        }
        Ok(self.shown.written)
    }

    /// Hands out the blocks that have records within the bounds and are not all later, what waits as the last.
    fn blocks(
        &self,
        bounds: Bounds,
        until: i64,
        back: bool,
        mut each: impl FnMut(Records<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        let within = |first: u64, end: u64| first < bounds.to && end > bounds.from;
        let waits = |(first, records): &(u64, &Builder)| {
            within(*first, first + u64::from(records.count())) && records.times().0 <= until
        };
        if back {
            for (first, records) in self.in_memory().rev().filter(waits) {
                if each(records.records(first)).is_break() {
                    return Ok(());
                }
            }
        }
        let mut parts: Vec<Part<'_>> =
            self.parts().filter(|part| within(part.first, part.end) && part.earliest <= until).collect();
        if back {
            parts.reverse();
        }
        for part in parts {
            let Some(file) = open(part.path)? else { continue };
            let mut blocks = part.blocks()?;
            blocks.retain(|block| within(block.header.first, block.header.end()) && block.header.earliest <= until);
            if back {
                blocks.reverse();
            }
            for block in &blocks {
                if each(segment::load(&file, part.path, block)?.records()).is_break() {
                    return Ok(());
                }
            }
        }
        for (first, records) in self.in_memory().filter(|some| !back && waits(some)) {
            if each(records.records(first)).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What is not on disk yet, in its order, each with its first position.
    fn in_memory(&self) -> impl DoubleEndedIterator<Item = (u64, &Builder)> {
        let closed = self.closed.iter().map(|block| (block.first, &block.records));
        closed.chain(std::iter::once((self.pending_first, &self.pending)))
    }

    /// The files in their order.
    fn parts(&self) -> impl DoubleEndedIterator<Item = Part<'_>> {
        let sealed = self.shown.sealed.iter().map(|segment| Part {
            path: &segment.path,
            first: segment.first,
            end: segment.end,
            earliest: segment.earliest,
            latest: segment.latest,
            placed: None,
        });
        let active = self.shown.active.iter().map(|(path, blocks)| Part {
            path,
            first: 0,
            end: u64::MAX,
            earliest: i64::MIN,
            latest: i64::MAX,
            placed: Some(blocks),
        });
        sealed.chain(active)
    }
}

/// One file; its bounds are wide where it is written to.
struct Part<'a> {
    path: &'a Path,
    first: u64,
    end: u64,
    earliest: i64,
    latest: i64,
    placed: Option<&'a [Placed]>,
}

impl Part<'_> {
    const fn may_hold(&self, at: i64) -> bool {
        self.earliest <= at && at <= self.latest
    }

    /// None if the file is forgotten.
    fn blocks(&self) -> Result<Vec<Placed>, BookError> {
        match self.placed {
            Some(placed) => Ok(placed.to_vec()),
            None if !self.path.exists() => Ok(Vec::new()),
            None => segment::blocks(self.path),
        }
    }
}

fn walk<'a>(
    records: impl Iterator<Item = Record<'a>>,
    bounds: Bounds,
    each: &mut impl FnMut(Record<'_>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for record in records.filter(|record| (bounds.from..bounds.to).contains(&record.position)) {
        each(record)?;
    }
    ControlFlow::Continue(())
}

/// `None` if it is forgotten.
fn open(path: &Path) -> Result<Option<File>, BookError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(BookError::io(path, source)),
    }
}
