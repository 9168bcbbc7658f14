//! Reading to and fro, a block at a time.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use crate::BookError;
use crate::block::Records;
use crate::book::Book;
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

impl Book {
    /// Hands out the records in their order, until `each` breaks.
    ///
    /// # Errors
    /// [`BookError`]; what was handed out before is as it was written.
    pub fn forward(
        &self,
        bounds: Bounds,
        mut each: impl FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        self.blocks(bounds, false, |records| walk(records, bounds, &mut each))
    }

    /// The same from the last to the first.
    ///
    /// # Errors
    /// As there.
    pub fn backward(
        &self,
        bounds: Bounds,
        mut each: impl FnMut(Record<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        self.blocks(bounds, true, |records| {
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
        let (earliest, latest) = self.pending.times();
        if (earliest..=latest).contains(&at) && search(self.pending.records(self.written)).is_break() {
            return Ok(found);
        }
        let holds = |block: &&Placed| (block.header.earliest..=block.header.latest).contains(&at);
        if let Some(active) = &self.active {
            for block in active.blocks.iter().rev().filter(holds) {
                if search(segment::load(&active.file, &active.path, block)?.records()).is_break() {
                    return Ok(found);
                }
            }
        }
        for segment in self.sealed.iter().rev().filter(|segment| (segment.earliest..=segment.latest).contains(&at)) {
            let file = open(&segment.path)?;
            for block in segment.blocks()?.iter().filter(holds) {
                if search(segment::load(&file, &segment.path, block)?.records()).is_break() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    /// The first position of the first block that has a record of that time or a later one.
    fn first_block_reaching(&self, at: i64) -> Result<u64, BookError> {
        let reaches = |block: &&Placed| block.header.latest >= at;
        for segment in self.sealed.iter().filter(|segment| segment.latest >= at) {
            if let Some(block) = segment.blocks()?.iter().find(reaches) {
                return Ok(block.header.first);
            }
        }
        let active = self.active.as_ref().and_then(|active| active.blocks.iter().find(reaches));
        Ok(active.map_or(self.written, |block| block.header.first))
    }

    /// Hands out the blocks that have records within the bounds, what waits as the last.
    fn blocks(
        &self,
        bounds: Bounds,
        back: bool,
        mut each: impl FnMut(Records<'_>) -> ControlFlow<()>,
    ) -> Result<(), BookError> {
        let within = |first: u64, end: u64| first < bounds.to && end > bounds.from;
        let pending = within(self.written, self.end()).then(|| self.pending.records(self.written));
        if back && pending.is_some_and(|records| each(records).is_break()) {
            return Ok(());
        }
        let mut files: Vec<(&Path, u64, u64, Option<&[Placed]>)> = Vec::new();
        files.extend(self.sealed.iter().map(|segment| (segment.path.as_path(), segment.first, segment.end, None)));
        if let Some(active) = &self.active {
            files.push((&active.path, 0, u64::MAX, Some(&active.blocks)));
        }
        if back {
            files.reverse();
        }
        for (path, _, _, placed) in files.into_iter().filter(|(_, first, end, _)| within(*first, *end)) {
            let mut blocks = placed.map_or_else(|| segment::blocks(path), |placed| Ok(placed.to_vec()))?;
            blocks.retain(|block| within(block.header.first, block.header.end()));
            if back {
                blocks.reverse();
            }
            let file = open(path)?;
            for block in &blocks {
                if each(segment::load(&file, path, block)?.records()).is_break() {
                    return Ok(());
                }
            }
        }
        if !back && within(self.written, self.end()) {
            let _all_told = each(self.pending.records(self.written));
        }
        Ok(())
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

fn open(path: &Path) -> Result<File, BookError> {
    File::open(path).map_err(|source| BookError::io(path, source))
}
