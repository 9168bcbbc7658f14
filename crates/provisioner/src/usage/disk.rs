//! How full this host's disks are.

use std::path::Path;

/// The part that is full of the fullest disk that one of these folders lies on; `None` if none of them can be looked at. What is
/// kept for root counts as full, as `df` has it.
#[must_use]
pub fn fullest<'a>(folders: impl IntoIterator<Item = &'a Path>) -> Option<f64> {
    folders.into_iter().filter_map(full).max_by(f64::total_cmp)
}

#[expect(clippy::cast_precision_loss, reason = "a part of a disk")]
fn full(folder: &Path) -> Option<f64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    let used = stat.f_blocks.saturating_sub(stat.f_bfree);
    let usable = used.saturating_add(stat.f_bavail);
    (usable > 0).then(|| used as f64 / usable as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_full_in_part_and_what_is_no_folder_counts_for_nothing() {
        let root = fullest([Path::new("/")]).unwrap();
        assert!((0.0..=1.0).contains(&root), "{root}");
        assert_eq!(fullest([Path::new("/no-such-folder")]), None);
        assert!(fullest([Path::new("/no-such-folder"), Path::new("/")]).is_some());
    }
}
