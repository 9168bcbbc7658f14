//! Containers' control groups, of both generations.
//!
//! Where an engine puts a container's group depends on its driver, its version and the configured parent, so the tree is
//! searched for directories that carry the container's id. The first generation has a tree for each controller, with the
//! same path in each; the second has one.
//!
//! Formats: `Documentation/admin-guide/cgroup-v1/` and `cgroup-v2.rst` of the Linux kernel.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::limits::Millicpus;
use domain::quantity::Bytes;
use domain::tenant::ContainerId;
use domain::usage::{Counted, Reading};

use super::counter::{line, number, open, text, whole};

/// Groups of containers lie at most so deep below the root.
const DEEPEST: usize = 8;
/// Limits are read again each so many looks.
const LIMITS_EVERY: u32 = 15;
/// More than any machine has: what the first generation says where memory has no limit.
const NO_LIMIT: u64 = 1 << 60;

/// The host's groups.
#[derive(Debug)]
pub(super) enum Groups {
    /// A tree for each controller below this folder.
    First(PathBuf),
    /// One tree.
    Second(PathBuf),
}

impl Groups {
    pub(super) fn at(root: &Path) -> Option<Self> {
        if root.join("cgroup.controllers").is_file() {
            return Some(Self::Second(root.to_owned()));
        }
        root.join("memory").is_dir().then(|| Self::First(root.to_owned()))
    }

    /// The groups of these containers, as far as there are any.
    pub(super) fn find(&self, wanted: &[&ContainerId]) -> Vec<(ContainerId, Group)> {
        let searched = match self {
            Self::First(root) => root.join("memory"),
            Self::Second(root) => root.clone(),
        };
        let mut found = Vec::new();
        search(&searched, DEEPEST, &mut |folder| {
            let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let id = wanted.iter().find(|id| name.contains(id.as_str()));
            if let Some((id, group)) = id.and_then(|id| Some((*id, self.open(&searched, folder)?))) {
                found.push((id.clone(), group));
            }
        });
        found
    }

    fn open(&self, searched: &Path, folder: &Path) -> Option<Group> {
        match self {
            Self::Second(_) => Group::second(folder),
            Self::First(root) => Group::first(root, folder.strip_prefix(searched).ok()?),
        }
    }
}

/// Each folder below one, itself not included.
fn search(folder: &Path, deepest: usize, each: &mut impl FnMut(&Path)) {
    let Some(deeper) = deepest.checked_sub(1) else { return };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            each(&entry.path());
            search(&entry.path(), deeper, each);
        }
    }
}

/// One container's files, kept open.
#[derive(Debug)]
pub(super) struct Group {
    files: Files,
    memory: File,
    memory_stat: File,
    pids: File,
    block: Option<File>,
    memory_limit: Option<Bytes>,
    cpu_limit: Option<Millicpus>,
    looks: u32,
}

/// What the generations have of their own.
#[derive(Debug)]
enum Files {
    First { processor: File, folder: PathBuf, processor_folder: PathBuf },
    Second { processor: File, folder: PathBuf },
}

impl Group {
    fn first(root: &Path, path: &Path) -> Option<Self> {
        let of = |controller: &str| root.join(controller).join(path);
        let folder = of("memory");
        let files = Files::First {
            processor: open(&of("cpuacct"), "cpuacct.usage")?,
            folder: folder.clone(),
            processor_folder: of("cpu"),
        };
        Some(Self {
            files,
            memory: open(&folder, "memory.usage_in_bytes")?,
            memory_stat: open(&folder, "memory.stat")?,
            pids: open(&of("pids"), "pids.current")?,
            block: open(&of("blkio"), "blkio.throttle.io_service_bytes_recursive"),
            memory_limit: None,
            cpu_limit: None,
            looks: 0,
        })
    }

    fn second(folder: &Path) -> Option<Self> {
        Some(Self {
            files: Files::Second { processor: open(folder, "cpu.stat")?, folder: folder.to_owned() },
            memory: open(folder, "memory.current")?,
            memory_stat: open(folder, "memory.stat")?,
            pids: open(folder, "pids.current")?,
            block: open(folder, "io.stat"),
            memory_limit: None,
            cpu_limit: None,
            looks: 0,
        })
    }

    /// `None` once the group is gone.
    pub(super) fn read(&mut self) -> Option<Reading> {
        if self.looks.is_multiple_of(LIMITS_EVERY) {
            (self.memory_limit, self.cpu_limit) = self.files.limits();
        }
        self.looks = self.looks.wrapping_add(1);
        let pids = whole(&self.pids)?;
        // A group outlives its processes by a moment.
        if pids == 0 {
            return None;
        }
        let inactive = text(&self.memory_stat, |text| line(text, self.files.inactive_word()))?;
        Some(Reading {
            processor: self.files.processor()?,
            memory: whole(&self.memory)?.saturating_sub(inactive.unwrap_or_default()),
            memory_limit: self.memory_limit,
            cpu_limit: self.cpu_limit,
            pids: u32::try_from(pids).unwrap_or(u32::MAX),
            network: None,
            block: self.block.as_ref().and_then(|file| text(file, |text| self.files.block(text))),
        })
    }
}

impl Files {
    fn processor(&self) -> Option<Duration> {
        match self {
            Self::First { processor, .. } => whole(processor).map(Duration::from_nanos),
            Self::Second { processor, .. } => {
                text(processor, |text| line(text, "usage_usec")).flatten().map(Duration::from_micros)
            }
        }
    }

    const fn inactive_word(&self) -> &'static str {
        match self {
            Self::First { .. } => "total_inactive_file",
            Self::Second { .. } => "inactive_file",
        }
    }

    /// A line a device and word in the first generation, a line a device in the second.
    fn block(&self, text: &str) -> Counted {
        let sum = |of: &dyn Fn(&str) -> Option<u64>| text.lines().filter_map(of).sum();
        match self {
            Self::First { .. } => {
                let of = |word: &'static str| {
                    move |line: &str| {
                        let mut fields = line.split_ascii_whitespace().skip(1);
                        (fields.next() == Some(word)).then(|| fields.next()?.parse().ok()).flatten()
                    }
                };
                Counted { inward: sum(&of("Read")), outward: sum(&of("Write")) }
            }
            Self::Second { .. } => {
                let of = |key: &'static str| {
                    move |line: &str| {
                        line.split_ascii_whitespace().find_map(|field| field.strip_prefix(key)?.parse().ok())
                    }
                };
                Counted { inward: sum(&of("rbytes=")), outward: sum(&of("wbytes=")) }
            }
        }
    }

    fn limits(&self) -> (Option<Bytes>, Option<Millicpus>) {
        let (memory, quota, period) = match self {
            Self::First { folder, processor_folder, .. } => (
                number(&folder.join("memory.limit_in_bytes")).filter(|limit| *limit < NO_LIMIT),
                // -1, and so no number here, where there is none.
                number(&processor_folder.join("cpu.cfs_quota_us")),
                number(&processor_folder.join("cpu.cfs_period_us")),
            ),
            Self::Second { folder, .. } => {
                let cpu = std::fs::read_to_string(folder.join("cpu.max")).unwrap_or_default();
                let mut fields = cpu.split_ascii_whitespace().map(|field| field.parse().ok());
                (number(&folder.join("memory.max")), fields.next().flatten(), fields.next().flatten())
            }
        };
        let cpus = quota.zip(period).and_then(|(quota, period)| (quota * 1000).checked_div(period));
        (memory.map(Bytes), cpus.and_then(|cpus| u32::try_from(cpus).ok()).map(Millicpus))
    }
}
