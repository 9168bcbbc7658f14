//! A book's files: writing, limits, and what to do about a torn end. Every call here may wait for the disk.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::block::Builder;
use crate::segment::{self, Placed, Segment};
use crate::{BookError, Options};

/// So many files hold what is kept by age, at least.
const PORTIONS: i64 = 16;

/// The files of one book; whoever has it is the only one to change them.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: PathBuf,
    options: Options,
    sealed: Arc<Vec<Segment>>,
    active: Option<Active>,
    /// The position after the last record.
    written: u64,
    /// As of that record.
    state: Vec<u8>,
}

/// What there is, to be read beside whoever writes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    pub(crate) sealed: Arc<Vec<Segment>>,
    pub(crate) active: Option<(PathBuf, Arc<Vec<Placed>>)>,
    /// The position after the last record.
    pub(crate) written: u64,
    pub(crate) size: u64,
}

impl Shown {
    /// The position of the oldest record.
    pub(crate) fn begin(&self) -> u64 {
        let active = || self.active.as_ref().and_then(|(_, blocks)| Some(blocks.first()?.header.first));
        self.sealed.first().map(|segment| segment.first).or_else(active).unwrap_or(self.written)
    }
}

/// The file that is written to.
#[derive(Debug)]
struct Active {
    path: PathBuf,
    file: File,
    blocks: Arc<Vec<Placed>>,
    length: u64,
}

impl Active {
    /// Of the first block with a record: the least and the greatest; `None` if there is none.
    fn first_times(&self) -> Option<(i64, i64)> {
        let first = self.blocks.iter().find(|block| block.header.count > 0)?;
        Some((first.header.earliest, first.header.latest))
    }
}

impl Disk {
    pub(crate) fn open(folder: &Path, options: Options) -> Result<Self, BookError> {
        fs::create_dir_all(folder).map_err(|source| BookError::io(folder, source))?;
        let (folder, sealed, state) = (folder.to_owned(), Arc::default(), Vec::new());
        let mut disk = Self { folder, options, sealed, active: None, written: 0, state };
        let mut files = segment::list(&disk.folder)?;
        while let Some(last) = files.pop() {
            if disk.take_last(&last)? {
                break;
            }
            fs::remove_file(&last).map_err(|source| BookError::io(&last, source))?;
        }
        let mut sealed = Vec::with_capacity(files.len());
        for path in &files {
            sealed.extend(Segment::of(path, &segment::blocks(path)?));
        }
        disk.sealed = Arc::new(sealed);
        Ok(disk)
    }

    /// Goes on with the last file; whether there is a whole block in it.
    fn take_last(&mut self, path: &Path) -> Result<bool, BookError> {
        let (blocks, length) = segment::scan(path)?;
        let Some(last) = blocks.last() else { return Ok(false) };
        let failed = |source| BookError::io(path, source);
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        file.set_len(length).map_err(failed)?;
        self.state = segment::load(&file, path, last)?.state().to_owned();
        self.written = last.header.end();
        self.active = Some(Active { path: path.to_owned(), file, blocks: Arc::new(blocks), length });
        Ok(true)
    }

    pub(crate) fn shown(&self) -> Shown {
        Shown {
            sealed: Arc::clone(&self.sealed),
            active: self.active.as_ref().map(|active| (active.path.clone(), Arc::clone(&active.blocks))),
            written: self.written,
            size: self.size(),
        }
    }

    /// As of the last record.
    pub(crate) fn state(&self) -> &[u8] {
        &self.state
    }

    fn size(&self) -> u64 {
        self.sealed.iter().map(|segment| segment.size).sum::<u64>()
            + self.active.as_ref().map_or(0, |active| active.length)
    }

    /// Writes a block. After a failure the file is as it was.
    pub(crate) fn write(&mut self, records: &Builder, state: &[u8]) -> Result<(), BookError> {
        let encoded = records.encode(self.written, state, self.options.level);
        let (header, bytes) = encoded.map_err(|source| BookError::io(&self.folder, source))?;
        let active = self.active_for(bytes.len() as u64)?;
        if let Err(source) = active.file.write_all_at(&bytes, active.length) {
            // Best effort: what stands beyond the length is cut off by whoever opens it next.
            let _cut = active.file.set_len(active.length);
            return Err(BookError::io(&active.path, source));
        }
        Arc::make_mut(&mut active.blocks).push(Placed { header, offset: active.length });
        active.length += bytes.len() as u64;
        self.written = header.end();
        self.state = state.to_owned();
        Ok(())
    }

    /// Waits until the disk has it.
    pub(crate) fn sync(&self) -> Result<(), BookError> {
        match &self.active {
            Some(active) => active.file.sync_data().map_err(|source| BookError::io(&active.path, source)),
            None => Ok(()),
        }
    }

    fn active_for(&mut self, bytes: u64) -> Result<&mut Active, BookError> {
        if self.active.as_ref().is_some_and(|active| active.length + bytes > self.options.segment) {
            self.seal()?;
        }
        if self.active.is_none() {
            let path = segment::path(&self.folder, self.written);
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
            let file = opened.map_err(|source| BookError::io(&path, source))?;
            self.active = Some(Active { path, file, blocks: Arc::default(), length: 0 });
        }
        Ok(self.active.as_mut().expect("made just now"))
    }

    /// Ends the file that is written to, unless there is no record in it: the next one would have its name.
    fn seal(&mut self) -> Result<(), BookError> {
        if let Some(active) = &self.active {
            if active.first_times().is_none() {
                return Ok(());
            }
            active.file.sync_data().map_err(|source| BookError::io(&active.path, source))?;
            // Without one the file is scanned.
            let _index = segment::write_index(&active.path, &active.blocks);
            Arc::make_mut(&mut self.sealed).extend(Segment::of(&active.path, &active.blocks));
        }
        self.active = None;
        Ok(())
    }

    /// Removes the oldest files until the limits hold. `more`: whether something waits to be written, and the state with it.
    pub(crate) fn enforce(&mut self, now: i64, more: bool) -> Result<(), BookError> {
        let oldest = now.saturating_sub(self.options.age);
        // A file goes as a whole, so none holds what was written over a long time.
        let full = now.saturating_sub(self.options.age / PORTIONS);
        if self.active.as_ref().and_then(Active::first_times).is_some_and(|(_, latest)| latest < full) {
            self.seal()?;
        }
        while let Some(segment) = self.sealed.first() {
            let last = self.sealed.len() == 1 && self.active.is_none();
            let too_old = segment.latest < oldest;
            if !too_old && (last || self.size() <= self.options.size) {
                break;
            }
            if last && more {
                // With it the state is kept soon, when it is said.
                break;
            }
            if last {
                // It says where to go on.
                let state = self.state.clone();
                self.write(&Builder::default(), &state)?;
                self.sync()?;
            }
            self.sealed[0].remove()?;
            Arc::make_mut(&mut self.sealed).remove(0);
        }
        Ok(())
    }
}
