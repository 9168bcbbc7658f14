//! A file of blocks, and where each of them stands.
//!
//! A file that is written no more gets an index beside it: its blocks' headers, one after the other, and a CRC-32. It saves
//! reading the file to find a block, and nothing else: one that is missing or damaged is made again by scanning.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::BookError;
use crate::block::{Block, HEADER, Header};

const FILE: &str = "seg";
const INDEX: &str = "idx";

/// Where a block stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) header: Header,
    pub(crate) offset: u64,
}

/// A file that is written no more.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    /// The position of its first record, and that after its last.
    pub(crate) first: u64,
    pub(crate) end: u64,
    pub(crate) earliest: i64,
    pub(crate) latest: i64,
    pub(crate) size: u64,
}

/// The file that begins with that position.
pub(crate) fn path(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.{FILE}"))
}

/// The files of a folder in their order.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, BookError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|source| BookError::io(folder, source))?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == FILE));
    files.sort();
    Ok(files)
}

impl Segment {
    /// `None` for a file without a whole block.
    pub(crate) fn of(path: &Path, blocks: &[Placed]) -> Option<Self> {
        let (first, last) = (blocks.first()?, blocks.last()?);
        Some(Self {
            path: path.to_owned(),
            first: first.header.first,
            end: last.header.end(),
            earliest: blocks.iter().map(|block| block.header.earliest).min()?,
            latest: blocks.iter().map(|block| block.header.latest).max()?,
            size: last.offset + last.header.len(),
        })
    }

    pub(crate) fn remove(&self) -> Result<(), BookError> {
        // The index first: alone it would be a stranger.
        for path in [self.path.with_extension(INDEX), self.path.clone()] {
            match fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(BookError::io(&path, source));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// A file's blocks, by its index or by scanning.
pub(crate) fn blocks(path: &Path) -> Result<Vec<Placed>, BookError> {
    match read_index(path) {
        Some(blocks) => Ok(blocks),
        None => Ok(scan(path)?.0),
    }
}

/// Reads every header, and the last block whole; how far the file is good. Blocks before the last are checked when they are read.
pub(crate) fn scan(path: &Path) -> Result<(Vec<Placed>, u64), BookError> {
    let file = File::open(path).map_err(|source| BookError::io(path, source))?;
    let length = file.metadata().map_err(|source| BookError::io(path, source))?.len();
    let (mut blocks, mut offset) = (Vec::<Placed>::new(), 0);
    while offset + HEADER as u64 <= length {
        let mut header = [0; HEADER];
        file.read_exact_at(&mut header, offset).map_err(|source| BookError::io(path, source))?;
        let Some(header) = Header::read(&header) else { break };
        let follows = blocks.last().is_none_or(|last| last.header.end() == header.first);
        if !follows || offset + header.len() > length {
            break;
        }
        blocks.push(Placed { header, offset });
        offset += header.len();
    }
    // A crash of the host may leave the length of what was written without its bytes.
    while let Some(last) = blocks.last() {
        if load(&file, path, last).is_ok() {
            break;
        }
        offset = last.offset;
        blocks.pop();
    }
    Ok((blocks, offset))
}

pub(crate) fn write_index(path: &Path, blocks: &[Placed]) -> Result<(), BookError> {
    let index = path.with_extension(INDEX);
    let mut bytes = Vec::with_capacity(blocks.len() * HEADER + 4);
    for block in blocks {
        block.header.write(&mut bytes);
    }
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    fs::write(&index, bytes).map_err(|source| BookError::io(&index, source))
}

fn read_index(path: &Path) -> Option<Vec<Placed>> {
    let mut bytes = Vec::new();
    File::open(path.with_extension(INDEX)).ok()?.read_to_end(&mut bytes).ok()?;
    let (headers, checksum) = bytes.split_last_chunk::<4>()?;
    if u32::from_le_bytes(*checksum) != crc32fast::hash(headers) {
        return None;
    }
    let mut offset = 0;
    let placed = |bytes| {
        let header = Header::read(bytes)?;
        let placed = Placed { header, offset };
        offset += header.len();
        Some(placed)
    };
    headers.chunks(HEADER).map(placed).collect()
}

/// A block, checked.
pub(crate) fn load(file: &File, path: &Path, placed: &Placed) -> Result<Block, BookError> {
    let mut body = vec![0; placed.header.stored as usize];
    let read = file.read_exact_at(&mut body, placed.offset + HEADER as u64);
    let damaged = || BookError::Damaged { path: path.to_owned(), offset: placed.offset };
    match read {
        Ok(()) => Block::decode(&placed.header, &body).ok_or_else(damaged),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(damaged()),
        Err(source) => Err(BookError::io(path, source)),
    }
}
