//! How many bytes the files of a folder take.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

/// Of all files in a folder, and in those within it, as long as they are; a link counts as itself, and what is removed meanwhile
/// for nothing. 0 if there is no such folder.
///
/// # Errors
/// If a part of it can't be looked at: then nobody knows.
pub fn folder_bytes(folder: &Path) -> io::Result<u64> {
    let Some(entries) = there(fs::read_dir(folder))? else { return Ok(0) };
    let mut bytes: u64 = 0;
    for entry in entries {
        let entry = entry?;
        // Of the entry itself: no link is followed.
        let Some(metadata) = there(entry.metadata())? else { continue };
        let found = if metadata.is_dir() { folder_bytes(&entry.path())? } else { metadata.len() };
        bytes = bytes.saturating_add(found);
    }
    Ok(bytes)
}

fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_count_once_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("big"), vec![0; 100_000]).unwrap();
        assert_eq!(folder_bytes(folder.path()).unwrap(), 0);
        fs::create_dir(folder.path().join("within")).unwrap();
        fs::write(folder.path().join("one"), [0; 1000]).unwrap();
        fs::write(folder.path().join("within").join("two"), [0; 234]).unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).unwrap();
        let bytes = folder_bytes(folder.path()).unwrap();
        assert!((1234..2000).contains(&bytes), "{bytes}: the files, and a link as long as its target's name");
    }

    #[test]
    fn what_is_not_there_takes_nothing_and_what_is_no_folder_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(folder_bytes(&folder.path().join("none")).unwrap(), 0);
        fs::write(folder.path().join("file"), [0; 10]).unwrap();
        folder_bytes(&folder.path().join("file")).unwrap_err();
    }
}
