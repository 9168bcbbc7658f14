//! The log file of a child: a new one for every start, one old one kept, so that it can't grow over many runs.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

const SHOWN_BYTES: u64 = 8 * 1024;
const SHOWN_LINES: usize = 20;

/// A fresh log, opened for both outputs of a child. It may hold statements, so only its owner reads it.
pub(super) fn open(path: &Path) -> io::Result<(File, File)> {
    if path.exists() {
        std::fs::rename(path, path.with_added_extension("old"))?;
    }
    let out = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let err = out.try_clone()?;
    Ok((out, err))
}

/// The end of a log, for an error message; why it can't be read if it can't.
pub(super) fn last_lines(path: &Path) -> String {
    read_end(path).unwrap_or_else(|error| format!("(can't be read: {error})"))
}

fn read_end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(SHOWN_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    Ok(lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n"))
}
