//! The tenants' slice: whether they are in it, and whether it holds them back.

use std::path::{Path, PathBuf};

use domain::quantity::Bytes;

use super::Finding;
use crate::config::CgroupParent;

const NAME: &str = "tenants' slice";
/// Where systems have their cgroups.
pub(super) const CGROUPS: &str = "/sys/fs/cgroup";
/// The slice that `scripts/install` brings, as each of the engine's cgroup drivers wants it.
const BY_SYSTEMD: &str = "fresco-tenants.slice";
const BY_CGROUPFS: &str = "/fresco.slice/fresco-tenants.slice";
/// More than any machine has: what cgroup v1 says where there is no limit.
const NO_LIMIT: u64 = 1 << 60;

/// `driver` is the engine's.
pub(super) fn look(parent: Option<&CgroupParent>, driver: &str, cgroups: &Path) -> Finding {
    let usual = if driver == "systemd" { BY_SYSTEMD } else { BY_CGROUPFS };
    let set = format!("set `engine.cgroup_parent = \"{usual}\"`; scripts/install brings that slice");
    let Some(parent) = parent else {
        let detail = "tenants are in the engine's own group: together they may starve the platform";
        return Finding::warn(NAME, detail, &set);
    };
    match (parent, driver) {
        (CgroupParent::Path(path), "systemd") => {
            let detail =
                format!("{path} is a path, but the engine's cgroup driver is systemd: no tenant can be started");
            Finding::fail(NAME, detail, &set)
        }
        (CgroupParent::Slice(slice), "cgroupfs") => {
            let detail = format!("the engine's cgroup driver is cgroupfs, which knows no {slice} with its limits");
            Finding::warn(NAME, detail, &set)
        }
        _ => weigh(parent, cgroups),
    }
}

fn weigh(parent: &CgroupParent, cgroups: &Path) -> Finding {
    let path = parent.path();
    let Some(held) = Held::read(&path, cgroups) else {
        let detail = format!("{path} isn't among this host's cgroups, so nothing holds tenants back");
        return Finding::warn(
            NAME,
            detail,
            "`systemctl enable --now fresco-tenants.slice` (scripts/install brings it)",
        );
    };
    let detail = format!("{path}: {held}");
    let mend = "give the slice a CPUWeight below 100 and a MemoryMax (systemd/fresco-tenants.slice has both)";
    if held.weighs_less && held.memory.is_some() {
        Finding::ok(NAME, detail)
    } else {
        Finding::warn(NAME, detail, mend)
    }
}

/// What holds the slice back.
struct Held {
    weight: String,
    /// Less than what a group has of which nothing is said.
    weighs_less: bool,
    memory: Option<Bytes>,
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let less = if self.weighs_less { "" } else { ", as much as everybody else" };
        write!(f, "weight {}{less}, ", self.weight)?;
        match self.memory {
            Some(memory) => write!(f, "at most {memory} of memory"),
            None => f.write_str("memory without a limit"),
        }
    }
}

impl Held {
    /// `None` if there is no such group, neither in version 2 nor in version 1.
    fn read(path: &str, cgroups: &Path) -> Option<Self> {
        let number = |file: PathBuf| std::fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
        let v2 =
            number(cgroups.join(path).join("cpu.weight")).map(|weight| (weight, 100, "memory.max", cgroups.join(path)));
        let v1 = || {
            let shares = number(cgroups.join("cpu").join(path).join("cpu.shares"))?;
            Some((shares, 1024, "memory.limit_in_bytes", cgroups.join("memory").join(path)))
        };
        let (weight, usual, limit, folder) = v2.or_else(v1)?;
        let memory = number(folder.join(limit)).filter(|bytes| *bytes < NO_LIMIT).map(|bytes| Bytes::mib(bytes >> 20));
        Some(Self { weight: format!("{weight} of {usual}"), weighs_less: weight < usual, memory })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    fn group(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, content) in files {
            let file = root.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, content).unwrap();
        }
        root
    }

    fn slice() -> CgroupParent {
        CgroupParent::Slice(BY_SYSTEMD.to_owned())
    }

    #[test]
    fn a_slice_that_holds_tenants_back_is_fine_in_both_versions() {
        let path = CgroupParent::Path(BY_CGROUPFS.to_owned());
        assert_eq!(slice().path(), path.path());
        let v2 = [
            ("fresco.slice/fresco-tenants.slice/cpu.weight", "50\n"),
            ("fresco.slice/fresco-tenants.slice/memory.max", "1073741824\n"),
        ];
        let v1 = [
            ("cpu/fresco.slice/fresco-tenants.slice/cpu.shares", "512\n"),
            ("memory/fresco.slice/fresco-tenants.slice/memory.limit_in_bytes", "1073741824\n"),
        ];
        for (files, parent, driver) in [(v2, slice(), "systemd"), (v1, path, "cgroupfs")] {
            let found = look(Some(&parent), driver, group(&files).path());
            assert_eq!(found.verdict, Verdict::Ok, "{found:?}");
            assert!(found.detail.contains("at most 1GiB"), "{found:?}");
        }
    }

    #[test]
    fn what_holds_nobody_back_is_told_with_the_right_key() {
        let loose = group(&[
            ("fresco.slice/fresco-tenants.slice/cpu.weight", "100\n"),
            ("fresco.slice/fresco-tenants.slice/memory.max", "max\n"),
        ]);
        let found = look(Some(&slice()), "systemd", loose.path());
        assert!(found.verdict == Verdict::Warn && found.detail.contains("as much as everybody"), "{found:?}");
        let found = look(Some(&slice()), "systemd", group(&[]).path());
        assert!(found.verdict == Verdict::Warn && found.mend.contains("systemctl enable --now"), "{found:?}");
        for (parent, driver, verdict, key) in [
            (None, "systemd", Verdict::Warn, BY_SYSTEMD),
            (None, "cgroupfs", Verdict::Warn, BY_CGROUPFS),
            (Some(slice()), "cgroupfs", Verdict::Warn, BY_CGROUPFS),
            (Some(CgroupParent::Path("/a/b".to_owned())), "systemd", Verdict::Fail, BY_SYSTEMD),
        ] {
            let found = look(parent.as_ref(), driver, loose.path());
            assert!(found.verdict == verdict && found.mend.contains(&format!("\"{key}\"")), "{found:?}");
        }
    }
}
