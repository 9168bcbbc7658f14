//! What containers use, read where the host counts it: in their cgroups, and at their interfaces.
//!
//! Why not the engine: its stats streams cost half a core for 200 containers and give 0.6 samples a second. Files kept open
//! and read again cost a hundredth of that. It works on the engine's own host only; of another,
//! [`crate::container::ContainerEngine::usage`] tells.
//!
//! Both generations of cgroups are read (see [`cgroup`]); network counters are in neither (see [`bridge`]).
//!
//! Invariants: what can't be read is `None` and costs the others nothing; a container that ends gives its descriptors back
//! at the next look.

mod bridge;
mod cgroup;
mod counter;
mod disk;
mod folder;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use domain::tenant::ContainerId;
use domain::usage::Reading;
use rustix::process::{Resource, getrlimit};

use self::bridge::Bridge;
use self::cgroup::{Group, Groups};
pub use self::disk::fullest;
pub use self::folder::folder_bytes;
use crate::container::Endpoint;

/// The most descriptors that one container takes.
const DESCRIPTORS: u64 = 7;
/// How often the tree of groups is searched for a container that was not found in it: each so many looks.
const SEARCH_AGAIN: u32 = 8;

/// Where a host counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// The cgroups' root.
    pub cgroups: PathBuf,
    /// Where interfaces are.
    pub interfaces: PathBuf,
    /// The bridge that containers are on.
    pub bridge: String,
}

impl Places {
    /// As Linux has them.
    #[must_use]
    pub fn usual(bridge: &str) -> Self {
        let (cgroups, interfaces) = ("/sys/fs/cgroup".into(), "/sys/class/net".into());
        Self { cgroups, interfaces, bridge: bridge.to_owned() }
    }
}

/// The counters of this host's containers, kept open. Every call blocks: it belongs on a thread that may.
#[derive(Debug)]
pub struct HostUsage {
    groups: Groups,
    bridge: Bridge,
    open: HashMap<ContainerId, Group>,
    /// So many are kept open at most: half of the descriptors that the process may have.
    most: usize,
    /// Those that are not among the groups, and how many looks ago that was seen.
    missing: HashMap<ContainerId, u32>,
}

impl HostUsage {
    /// `None` where there are no cgroups that could be read.
    #[must_use]
    pub fn new(places: &Places) -> Option<Self> {
        let groups = Groups::at(&places.cgroups)?;
        let bridge = Bridge::new(&places.interfaces, &places.bridge);
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = usize::try_from(limit / 2 / DESCRIPTORS).unwrap_or(usize::MAX);
        Some(Self { groups, bridge, most, open: HashMap::new(), missing: HashMap::new() })
    }

    /// A look at each of these, in their order; `None` of one that does not run here, or for which no descriptors are left.
    pub fn read(&mut self, containers: &[(ContainerId, Option<Endpoint>)]) -> Vec<Option<Reading>> {
        self.find(containers);
        self.bridge.look(containers);
        containers.iter().map(|(id, _)| self.read_one(id)).collect()
    }

    /// How many containers are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.open.len()
    }

    fn read_one(&mut self, id: &ContainerId) -> Option<Reading> {
        let Some(mut reading) = self.open.get_mut(id)?.read() else {
            self.open.remove(id);
            return None;
        };
        reading.network = self.bridge.counted(id);
        Some(reading)
    }

    /// Closes what is open of any other.
    pub fn keep_only(&mut self, containers: &[(ContainerId, Option<Endpoint>)]) {
        let named: HashSet<_> = containers.iter().map(|(id, _)| id).collect();
        self.open.retain(|id, _| named.contains(id));
        self.missing.retain(|id, _| named.contains(id));
        self.bridge.retain(|id| named.contains(id));
    }

    /// Opens what is not open. The tree is searched once for all of them, and not for ever for one that is not in it.
    fn find(&mut self, containers: &[(ContainerId, Option<Endpoint>)]) {
        let mut wanted = Vec::new();
        for (id, _) in containers.iter().filter(|(id, _)| !self.open.contains_key(id)) {
            let looks = self.missing.entry(id.clone()).or_default();
            if (*looks).is_multiple_of(SEARCH_AGAIN) {
                wanted.push(id);
            }
            *looks += 1;
        }
        if wanted.is_empty() {
            return;
        }
        let room = self.most.saturating_sub(self.open.len());
        for (id, group) in self.groups.find(&wanted).into_iter().take(room) {
            self.missing.remove(&id);
            self.open.insert(id, group);
        }
    }
}

#[cfg(test)]
mod tests;
