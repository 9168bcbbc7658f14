//! Files that others must not read, or must not find half-written.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

/// Writes a whole file or none, with its mode from the start.
pub(crate) fn replace(path: &Path, content: &str, mode: u32) -> anyhow::Result<()> {
    let draft = path.with_added_extension("draft");
    let written = (|| {
        if draft.exists() {
            fs::remove_file(&draft)?;
        }
        let mut file = OpenOptions::new().create_new(true).write(true).mode(mode).open(&draft)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)
    })();
    written.with_context(|| format!("can't write {}", path.display()))
}

/// Whether both paths lead to one file, also by way of links.
pub(crate) fn are_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}
