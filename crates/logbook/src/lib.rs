//! Records in the order they came, kept on disk.
//!
//! A [`Book`] is a folder of segments, and a segment a file of blocks; a block holds some records, compressed, and the
//! writer's own state as of the last of them, under one checksum. So records and the state that says where they came from are
//! kept together or not at all: who opens the book after a crash goes on from [`Book::state`], and writes nothing twice.
//!
//! | module | what it answers |
//! |---|---|
//! | [`block`] | what a block looks like, and whether it is whole |
//! | [`segment`] | which blocks a file has, by scanning it or by its index |
//! | [`book`] | appending, and what is to be done on disk then |
//! | [`disk`] | writing, limits, what to do about a torn end |
//! | [`read`] | reading to and fro, by position and by time |
//!
//! Invariants: what is on disk is a beginning of what was appended; a position is a record's for good; no call holds more than
//! one block and what it was asked for; a file is never changed but at its end; appending, looking at what is there
//! ([`Book::view`]) and handing out a [`Job`] never wait for the disk.

mod block;
mod book;
mod disk;
mod read;
mod segment;

use std::path::PathBuf;

pub use book::{Book, Done, Job, Wanted};
pub use read::{Bounds, Record, View};

/// How much is kept, and in which portions. Sizes in bytes, as they are on disk unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// A block is written when so much waits, uncompressed.
    pub block: usize,
    /// A new file is begun when one is so large: what is forgotten at once.
    pub segment: u64,
    /// All segments together.
    pub size: u64,
    /// The oldest record, in nanoseconds before now.
    pub age: i64,
    /// Of zstd: 1 is fastest.
    pub level: i32,
}

impl Default for Options {
    /// 64 MiB and 30 days, in files of 4 MiB.
    fn default() -> Self {
        Self { block: 128 << 10, segment: 4 << 20, size: 64 << 20, age: 30 * 86_400 * 1_000_000_000, level: 1 }
    }
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The disk is full, or the quota of who writes is.
    #[error("no room for {}", path.display())]
    NoRoom { path: PathBuf, source: std::io::Error },
    #[error("{} can't be used", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// A block in the middle of a file does not hold what was written.
    #[error("{} is damaged at byte {offset}", path.display())]
    Damaged { path: PathBuf, offset: u64 },
    /// More than a block may hold, 2^31 bytes.
    #[error("a record of {0} bytes is too large")]
    TooLarge(usize),
    /// A defect; what was to be written is not.
    #[error("writing a block panicked")]
    Panicked,
}

impl BookError {
    fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        let path = path.to_owned();
        let full = matches!(source.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
        if full { Self::NoRoom { path, source } } else { Self::Io { path, source } }
    }
}
