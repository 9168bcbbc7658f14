//! The right to work in a folder: one process at a time.
//!
//! A lock of the kernel's rather than a file with a process id: it goes with its holder however that dies, and no id in
//! it can have become another process's.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::ChildError;

/// A folder that is ours while this value lives.
#[derive(Debug)]
pub(crate) struct Folder {
    _lock: File,
}

impl Folder {
    /// Takes `folder`, which need not exist yet; the lock file stands beside it.
    pub(crate) fn take(folder: &Path) -> Result<Self, ChildError> {
        let path = lock_path(folder);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(ChildError::io(parent))?;
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(ChildError::io(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(ChildError::InUse { folder: folder.to_owned() }),
            Err(TryLockError::Error(source)) => Err(ChildError::Io { path, source }),
        }
    }
}

fn lock_path(folder: &Path) -> PathBuf {
    folder.with_added_extension("lock")
}
