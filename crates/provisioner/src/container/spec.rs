//! What an engine is asked to make.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::app::{EnvName, Writable};
use domain::image::ImageId;
use domain::limits::{Limits, Millicpus};
use domain::quantity::Bytes;
use secrecy::SecretString;

use super::{ContainerName, NetworkName, Ownership};

/// A container. What it does not say is hardened: all capabilities dropped, no new privileges, the engine's default
/// seccomp profile, no engine socket, no volumes.
#[derive(Clone, Debug)]
pub struct ContainerSpec {
    pub name: ContainerName,
    pub image: ImageId,
    pub owner: Ownership,
    /// Labels besides those of ownership.
    pub labels: BTreeMap<String, String>,
    /// All of it, in place of the image's entry point and command; `None`: the image's own.
    pub command: Option<Vec<String>>,
    /// `uid:gid`; `None`: the image's own.
    pub user: Option<String>,
    /// Values may hold credentials; they go to the engine and nowhere else.
    pub environment: BTreeMap<EnvName, SecretString>,
    pub limits: Limits,
    pub writable: Vec<Writable>,
    pub writable_root: bool,
    pub network: NetworkName,
    /// The port it listens on, which makes its address.
    pub port: u16,
    pub restart: Restart,
    /// From SIGTERM to SIGKILL when the engine itself stops it, as at the host's shutdown.
    pub grace: Duration,
    pub log: LogRotation,
    /// The slice its processes live in, beside the platform's; `None`: the engine's default.
    pub cgroup_parent: Option<String>,
}

/// What a container is held to; `None` is what its host can't limit at all. No limit where there could be one is the
/// largest number, or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldTo {
    pub memory: Option<Bytes>,
    pub memory_swap: Option<Bytes>,
    pub cpus: Option<Millicpus>,
    pub pids: Option<u32>,
}

impl HeldTo {
    /// Whether these are its limits, as far as its host can hold it to any.
    #[must_use]
    pub fn is(&self, limits: &Limits) -> bool {
        let Limits { memory, memory_swap, cpus, pids } = *limits;
        self.memory.is_none_or(|held| held == memory)
            && self.memory_swap.is_none_or(|held| held == memory_swap)
            && self.cpus.is_none_or(|held| held == cpus)
            && self.pids.is_none_or(|held| held == pids)
    }
}

impl From<Limits> for HeldTo {
    fn from(limits: Limits) -> Self {
        let Limits { memory, memory_swap, cpus, pids } = limits;
        Self { memory: Some(memory), memory_swap: Some(memory_swap), cpus: Some(cpus), pids: Some(pids) }
    }
}

/// Who starts it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    Never,
    /// The engine, also after a restart of its own, unless somebody stopped it.
    UnlessStopped,
}

/// How much of a log the engine keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LogRotation {
    pub size: Bytes,
    pub files: u32,
}

impl LogRotation {
    /// A burst of 100,000 lines passes a follower whole with this much, and loses two thirds with a tenth of it.
    pub const DEFAULT: Self = Self { size: Bytes::mib(10), files: 3 };
}

/// The tenants' network: one bridge without traffic between containers.
#[derive(Clone, Debug)]
pub struct NetworkSpec {
    pub name: NetworkName,
    /// IPv4, such as `10.77.0.0/22`.
    pub subnet: String,
    /// The bridge's interface on the host, at most 15 characters; firewall rules name it.
    pub interface: String,
}
