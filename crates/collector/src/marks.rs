//! Containers that went while the disk took nothing, noted where there is room in any case.
//!
//! A book says that lines are missing as soon as it can be written again. If the process dies before that, nobody would know of a
//! container that came and went. So that is noted in a file of fixed size, made while there was room: what is written there
//! takes the place of what was. A file system that writes elsewhere what is changed (btrfs, ZFS) may have no room for that either.
//!
//! A mark has a number, greater than those before; a book's state says up to which number it has them.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::sync::Mutex;

use domain::TenantId;
use domain::log::LogSource;
use serde::{Deserialize, Serialize};

use crate::ledger::lock;

/// In the folder of all logs.
const FILE: &str = "lost-containers";
/// Bytes of a mark, a part of what a disk writes at once.
const SLOT: usize = 256;
/// So many containers may wait to be marked; then one mark stands for several of a tenant.
const SLOTS: usize = 256;

/// A container of which the end is missing. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) number: u64,
    tenant: TenantId,
    pub(crate) container: LogSource,
    /// The last line that was kept.
    pub(crate) from: Option<i64>,
    pub(crate) at: i64,
    /// Whether it is where it belongs.
    is_kept: bool,
}

/// All marks. Every call waits for the disk.
#[derive(Debug)]
pub(crate) struct Marks {
    folder: PathBuf,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    file: File,
    slots: Vec<Option<Mark>>,
    last: u64,
}

impl Marks {
    pub(crate) const fn new(folder: PathBuf) -> Self {
        Self { folder, open: Mutex::new(None) }
    }

    /// Those of a tenant that are not kept.
    pub(crate) fn of(&self, tenant: TenantId) -> Vec<Mark> {
        let found = |open: &mut Open| {
            let mut marks: Vec<Mark> =
                open.slots.iter().flatten().filter(|mark| mark.is_open(tenant)).copied().collect();
            marks.sort_by_key(|mark| mark.number);
            Ok(marks)
        };
        self.with(found).unwrap_or_default()
    }

    /// Notes a container; its number, `None` if that can't be.
    pub(crate) fn add(&self, tenant: TenantId, container: LogSource, (from, at): (Option<i64>, i64)) -> Option<u64> {
        self.with(|open| {
            let number = open.last.max(u64::try_from(at).unwrap_or_default()) + 1;
            let is_free = |slot: &Option<Mark>| slot.is_none_or(|mark| mark.is_kept);
            let is_theirs = |slot: &Option<Mark>| slot.is_some_and(|mark| mark.tenant == tenant);
            let place = open.slots.iter().position(is_free).or_else(|| open.slots.iter().rposition(is_theirs));
            let place = place.ok_or_else(|| std::io::Error::other("there are too many already"))?;
            open.write(place, Mark { number, tenant, container, from, at, is_kept: false })?;
            open.last = number;
            Ok(number)
        })
    }

    /// A tenant's book has those up to that number.
    pub(crate) fn kept(&self, tenant: TenantId, number: u64) {
        let _told = self.with(|open| {
            for place in 0..open.slots.len() {
                let mark = open.slots[place].filter(|mark| mark.is_open(tenant) && mark.number <= number);
                if let Some(mark) = mark {
                    open.write(place, Mark { is_kept: true, ..mark })?;
                }
            }
            Ok(())
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Open) -> std::io::Result<T>) -> Option<T> {
        let mut open = lock(&self.open);
        let done = match &mut *open {
            Some(open) => work(open),
            None => self.open().and_then(|new| work(open.insert(new))),
        };
        let path = self.folder.join(FILE);
        let tell = |error| tracing::error!(path = %path.display(), %error, "lost containers can't be noted");
        done.map_err(tell).ok()
    }

    fn open(&self) -> std::io::Result<Open> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let path = self.folder.join(FILE);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let mut text = Vec::with_capacity(SLOT * SLOTS);
        file.read_to_end(&mut text)?;
        if text.len() < SLOT * SLOTS {
            file.write_all(&vec![b' '; SLOT * SLOTS - text.len()])?;
            file.sync_all()?;
        }
        let mut slots: Vec<Option<Mark>> = text.chunks(SLOT).map(|slot| serde_json::from_slice(slot).ok()).collect();
        slots.resize(SLOTS, None);
        let last = slots.iter().flatten().map(|mark| mark.number).max().unwrap_or_default();
        Ok(Open { file, slots, last })
    }
}

impl Mark {
    fn is_open(&self, tenant: TenantId) -> bool {
        self.tenant == tenant && !self.is_kept
    }
}

impl Open {
    fn write(&mut self, place: usize, mark: Mark) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(&mark)?;
        text.resize(SLOT - 1, b' ');
        text.push(b'\n');
        self.file.write_all_at(&text, (place * SLOT) as u64)?;
        self.file.sync_data()?;
        self.slots[place] = Some(mark);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::{Clock as _, SystemClock, SystemEntropy};
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn marks_outlive_the_process_until_they_are_kept_and_numbers_grow_for_good() {
        let folder = TempDir::new().unwrap();
        let marks = || Marks::new(folder.path().join("logs"));
        let [one, other] = [(); 2].map(|()| TenantId::generate(SystemClock.now(), &SystemEntropy));
        let first = marks().add(one, LogSource::PLATFORM, (Some(3), 7)).unwrap();
        let second = marks().add(other, LogSource::PLATFORM, (None, 5)).unwrap();
        assert!(second > first);
        let found = marks().of(one);
        assert_eq!((found.len(), found[0].number, found[0].from, found[0].at), (1, first, Some(3), 7));
        marks().kept(one, first);
        assert!(marks().of(one).is_empty() && marks().of(other).len() == 1);
        marks().kept(other, second);
        assert!(marks().add(one, LogSource::PLATFORM, (None, 1)).unwrap() > second);
    }

    #[test]
    fn the_file_does_not_grow_and_what_is_too_much_is_told_as_one() {
        let folder = TempDir::new().unwrap();
        let marks = Marks::new(folder.path().to_owned());
        let tenant = TenantId::generate(SystemClock.now(), &SystemEntropy);
        for at in 0..i64::try_from(SLOTS).unwrap() + 10 {
            assert!(marks.add(tenant, LogSource::PLATFORM, (None, at)).is_some());
            assert_eq!(folder.path().join(FILE).metadata().unwrap().len(), (SLOT * SLOTS) as u64);
        }
        assert_eq!(marks.of(tenant).len(), SLOTS);
    }
}
