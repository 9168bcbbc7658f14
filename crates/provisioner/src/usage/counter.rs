//! The kernel's files: their text is made anew whenever they are read from the beginning.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The longest of these files: `memory.stat` has about 40 lines, `io.stat` one a device.
const LONGEST: usize = 16 << 10;

pub(super) fn open(folder: &Path, name: &str) -> Option<File> {
    File::open(folder.join(name)).ok()
}

/// What an open file says now; `None` once what it counts for is gone.
pub(super) fn text<T>(file: &File, read: impl FnOnce(&str) -> T) -> Option<T> {
    let mut buffer = [0; LONGEST];
    let mut length = 0;
    while length < LONGEST {
        match file.read_at(&mut buffer[length..], length as u64).ok()? {
            0 => break,
            more => length += more,
        }
    }
    std::str::from_utf8(&buffer[..length]).ok().map(read)
}

/// The one number in it.
pub(super) fn whole(file: &File) -> Option<u64> {
    text(file, |text| text.trim().parse().ok()).flatten()
}

/// The one number in a file that is not kept open.
pub(super) fn number(path: &Path) -> Option<u64> {
    std::fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The number behind a word at the beginning of a line.
pub(super) fn line(text: &str, word: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' ')?.trim().parse().ok())
}
