//! The watched folder and the one beside it, with blocking calls.
//!
//! Traefik reads whatever appears in the watched folder, and one file it can't read makes it refuse the whole folder.
//! So a file is written elsewhere on the same file system, put on the disk, and renamed in: after a power cut too, either
//! the old one or the new one is there, whole.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::RouteError;

/// Traefik runs under another account than we, whatever our umask, and what the files say is public anyway.
const FILE_MODE: u32 = 0o644;
const FOLDER_MODE: u32 = 0o755;

/// Far above the size of any file of ours.
const LONGEST: u64 = 64 * 1024;

/// Every file of ours, here and there, starts so.
const PREFIX: &str = "fresco";

/// What changes when a file is replaced or written to: which one it is, its length, and when it was changed last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Print([u64; 4]);

#[derive(Debug)]
pub(super) struct Folder {
    watched: PathBuf,
    staging: PathBuf,
    drafts: AtomicU64,
}

impl Folder {
    /// Makes both folders if they are not there (one that is keeps its mode) and takes off what an interrupted write left
    /// behind.
    pub(super) fn open(watched: &Path, staging: &Path) -> Result<Self, RouteError> {
        let [watched, staging] = [make(watched)?, make(staging)?];
        if staging.starts_with(&watched) {
            return Err(RouteError::StagingIsWatched { staging, directory: watched });
        }
        if device(&watched)? != device(&staging)? {
            return Err(RouteError::OtherFileSystem { staging, directory: watched });
        }
        for name in names(&staging)?.iter().filter(|name| name.starts_with(PREFIX)) {
            remove_file(&staging.join(name))?;
        }
        Ok(Self { watched, staging, drafts: AtomicU64::new(0) })
    }

    /// Puts a file in the place of the one of that name.
    pub(super) fn replace(&self, name: &str, content: &str) -> Result<(), RouteError> {
        let number = self.drafts.fetch_add(1, Ordering::Relaxed);
        let draft = self.staging.join(format!("{name}.{}.{number}", std::process::id()));
        let placed = write_whole(&draft, content).map_err(failed("write", &draft)).and_then(|()| {
            let path = self.watched.join(name);
            fs::rename(&draft, &path).map_err(failed("replace", &path))
        });
        placed.inspect_err(|_| {
            if let Err(error) = remove_file(&draft) {
                tracing::warn!(%error, "a draft stays until the next start");
            }
        })
    }

    /// The file's content, at most [`LONGEST`] bytes of it.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>, RouteError> {
        let path = self.watched.join(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path)(error)),
        };
        let mut content = Vec::new();
        file.take(LONGEST).read_to_end(&mut content).map_err(failed("read", &path))?;
        Ok(Some(content))
    }

    /// Removes the file for good: one that came back after a power cut would send people to whoever has its address then.
    pub(super) fn remove(&self, name: &str) -> Result<(), RouteError> {
        remove_file(&self.watched.join(name))?;
        let synced = File::open(&self.watched).and_then(|folder| folder.sync_all());
        synced.map_err(failed("put on the disk", &self.watched))
    }

    pub(super) fn names(&self) -> Result<Vec<String>, RouteError> {
        names(&self.watched)
    }

    /// `None` if it is not there. Nothing is read.
    pub(super) fn print(&self, name: &str) -> Result<Option<Print>, RouteError> {
        let path = self.watched.join(name);
        match fs::metadata(&path) {
            Ok(found) => Ok(Some(Print([
                found.ino(),
                found.len(),
                found.mtime().cast_unsigned(),
                found.mtime_nsec().cast_unsigned(),
            ]))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("look at", &path)(error)),
        }
    }
}

fn write_whole(draft: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(draft)?;
    file.write_all(content.as_bytes())?;
    file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    file.sync_data()
}

/// The folder's real path.
fn make(folder: &Path) -> Result<PathBuf, RouteError> {
    if !folder.exists() {
        fs::create_dir_all(folder).map_err(failed("make", folder))?;
        fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE)).map_err(failed("open to all", folder))?;
    }
    folder.canonicalize().map_err(failed("find", folder))
}

fn device(folder: &Path) -> Result<u64, RouteError> {
    fs::metadata(folder).map(|metadata| metadata.dev()).map_err(failed("look at", folder))
}

fn names(folder: &Path) -> Result<Vec<String>, RouteError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(failed("list", folder))?;
    // A name that is not UTF-8 is none of ours.
    Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
}

fn remove_file(path: &Path) -> Result<(), RouteError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RouteError {
    move |source| RouteError::Io { action, path: path.to_owned(), source }
}
