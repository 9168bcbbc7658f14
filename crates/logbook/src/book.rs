//! Writing, limits, and what to do about a torn end.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::block::Builder;
use crate::read::View;
use crate::segment::{self, Placed, Segment};
use crate::{BookError, Options};

/// So many files hold what is kept by age, at least.
const PORTIONS: i64 = 16;

/// One book, open; nobody else may write to its folder meanwhile.
#[derive(Debug)]
pub struct Book {
    folder: PathBuf,
    options: Options,
    sealed: Vec<Segment>,
    active: Option<Active>,
    pending: Builder,
    /// The position of the first record that waits.
    written: u64,
    /// As of the last record on disk.
    kept_state: Vec<u8>,
    /// As of the last record that waits.
    state: Vec<u8>,
}

/// The file that is written to.
#[derive(Debug)]
struct Active {
    path: PathBuf,
    file: File,
    blocks: Vec<Placed>,
    length: u64,
}

impl Active {
    /// Of the first block with a record: the least and the greatest; `None` if there is none.
    fn first_times(&self) -> Option<(i64, i64)> {
        let first = self.blocks.iter().find(|block| block.header.count > 0)?;
        Some((first.header.earliest, first.header.latest))
    }
}

impl Book {
    /// Opens the book in `folder`, or begins one there. What a crash has left half-written at its end is cut off.
    ///
    /// # Errors
    /// [`BookError`].
    pub fn open(folder: &Path, options: Options) -> Result<Self, BookError> {
        fs::create_dir_all(folder).map_err(|source| BookError::io(folder, source))?;
        let mut book = Self {
            folder: folder.to_owned(),
            options,
            sealed: Vec::new(),
            active: None,
            pending: Builder::default(),
            written: 0,
            kept_state: Vec::new(),
            state: Vec::new(),
        };
        let mut files = segment::list(folder)?;
        while let Some(last) = files.pop() {
            if book.take_last(&last)? {
                break;
            }
            fs::remove_file(&last).map_err(|source| BookError::io(&last, source))?;
        }
        for path in &files {
            book.sealed.extend(Segment::of(path, &segment::blocks(path)?));
        }
        Ok(book)
    }

    /// Goes on with the last file; whether there is a whole block in it.
    fn take_last(&mut self, path: &Path) -> Result<bool, BookError> {
        let (blocks, length) = segment::scan(path)?;
        let Some(last) = blocks.last() else { return Ok(false) };
        let failed = |source| BookError::io(path, source);
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
        file.set_len(length).map_err(failed)?;
        self.kept_state = segment::load(&file, path, last)?.state().to_owned();
        self.state.clone_from(&self.kept_state);
        self.written = last.header.end();
        self.active = Some(Active { path: path.to_owned(), file, blocks, length });
        Ok(true)
    }

    /// The book as it is now, what waits included, to be read while it is written on.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            sealed: self.sealed.clone(),
            active: self.active.as_ref().map(|active| (active.path.clone(), active.blocks.clone())),
            pending: self.pending.clone(),
            written: self.written,
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
        let active = || self.active.as_ref().and_then(|active| Some(active.blocks.first()?.header.first));
        self.sealed.first().map(|segment| segment.first).or_else(active).unwrap_or(self.written)
    }

    /// The position of the next record.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.written + u64::from(self.pending.count())
    }

    /// Bytes on disk.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.sealed.iter().map(|segment| segment.size).sum::<u64>()
            + self.active.as_ref().map_or(0, |active| active.length)
    }

    /// Whether records wait.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.pending.count() > 0
    }

    /// Whether so much waits that it should be written.
    #[must_use]
    pub const fn is_due(&self) -> bool {
        self.pending.len() >= self.options.block
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

    /// Writes what waits. After a failure it still waits, and the file is as it was.
    ///
    /// # Errors
    /// [`BookError::NoRoom`] if the disk is full.
    pub fn flush(&mut self) -> Result<(), BookError> {
        if self.is_pending() { self.write() } else { Ok(()) }
    }

    /// What waits, if anything does, and the state.
    fn write(&mut self) -> Result<(), BookError> {
        let encoded = self.pending.encode(self.written, &self.state, self.options.level);
        let (header, bytes) = encoded.map_err(|source| BookError::io(&self.folder, source))?;
        let active = self.active_for(bytes.len() as u64)?;
        if let Err(source) = active.file.write_all_at(&bytes, active.length) {
            // Best effort: what stands beyond the length is cut off by whoever opens it next.
            let _cut = active.file.set_len(active.length);
            return Err(BookError::io(&active.path, source));
        }
        active.blocks.push(Placed { header, offset: active.length });
        active.length += bytes.len() as u64;
        self.written = header.end();
        self.pending.clear();
        self.kept_state.clone_from(&self.state);
        Ok(())
    }

    /// [`Self::flush`], the state also if nothing waits, and waits until the disk has it: also a crash of the host leaves it then.
    ///
    /// # Errors
    /// As there.
    pub fn sync(&mut self) -> Result<(), BookError> {
        if self.is_pending() || self.state != self.kept_state {
            self.write()?;
        }
        match &self.active {
            Some(active) => active.file.sync_data().map_err(|source| BookError::io(&active.path, source)),
            None => Ok(()),
        }
    }

    /// Forgets what waits: the book is as on disk, its state too. Answers with how many records that were.
    pub fn discard(&mut self) -> u32 {
        let gone = self.pending.count();
        self.pending.clear();
        self.state.clone_from(&self.kept_state);
        gone
    }

    fn active_for(&mut self, bytes: u64) -> Result<&mut Active, BookError> {
        if self.active.as_ref().is_some_and(|active| active.length + bytes > self.options.segment) {
            self.seal()?;
        }
        if self.active.is_none() {
            let path = segment::path(&self.folder, self.written);
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path);
            let file = opened.map_err(|source| BookError::io(&path, source))?;
            self.active = Some(Active { path, file, blocks: Vec::new(), length: 0 });
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
            self.sealed.extend(Segment::of(&active.path, &active.blocks));
        }
        self.active = None;
        Ok(())
    }

    /// Removes the oldest files until the limits hold, whole files only. The last is never too large; where it is too old, a new one
    /// with the state alone takes its place. Answers with how many records went.
    ///
    /// # Errors
    /// [`BookError`] if a file can't be removed, or written.
    pub fn enforce(&mut self, now: i64) -> Result<u64, BookError> {
        let begin = self.begin();
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
            if last && self.is_pending() {
                // With it the state is kept soon, when it is said.
                break;
            }
            if last {
                // It says where to go on.
                self.write()?;
                self.sync()?;
            }
            self.sealed[0].remove()?;
            self.sealed.remove(0);
        }
        Ok(self.begin() - begin)
    }

    /// Removes a book and all of its folder; no error if it is not there.
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
