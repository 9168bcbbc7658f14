//! Whether all that was at the engine has been read once. Before that, a line that is not in the book may still come.

use std::collections::HashSet;

use domain::log::LogSource;

/// Of one tenant's log, since its book last went back to what is on disk.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    epoch: u64,
    /// Which are there; `None`: nobody has looked.
    there: Option<HashSet<LogSource>>,
    read: HashSet<LogSource>,
    once: bool,
}

impl Whole {
    pub(crate) const fn is(&self, epoch: u64) -> bool {
        self.once && self.epoch == epoch
    }

    pub(crate) fn has(&self, epoch: u64, source: LogSource) -> bool {
        self.epoch == epoch && self.read.contains(&source)
    }

    /// A container was read as far as it was.
    pub(crate) fn read(&mut self, epoch: u64, source: LogSource) {
        self.begin(epoch);
        self.read.insert(source);
        self.count();
    }

    /// These are there, and no others.
    pub(crate) fn see(&mut self, epoch: u64, there: HashSet<LogSource>) {
        self.begin(epoch);
        self.read.retain(|source| there.contains(source));
        self.there = Some(there);
        self.count();
    }

    fn begin(&mut self, epoch: u64) {
        if self.epoch != epoch {
            *self = Self { epoch, ..Self::default() };
        }
    }

    fn count(&mut self) {
        self.once |= self.there.as_ref().is_some_and(|there| there.is_subset(&self.read));
    }
}
