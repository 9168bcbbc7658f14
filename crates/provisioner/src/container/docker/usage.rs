//! What a container uses, as the engine tells.
//!
//! One answer of the engine's stats and one look at the container for its limits: a stream of the former costs a quarter of
//! a percent of a core for each container, and comes at its own pace.

use std::time::Duration;

use bollard::models::{ContainerBlkioStats, ContainerMemoryStats, ContainerNetworkStats, ContainerStatsResponse};
use bollard::query_parameters::StatsOptions;
use domain::limits::Millicpus;
use domain::quantity::Bytes;
use domain::tenant::ContainerId;
use domain::usage::{Counted, Reading};
use futures_util::TryStreamExt;

use super::DockerEngine;
use super::call::Ask;
use super::state;
use crate::container::{EngineError, HeldTo};

impl DockerEngine {
    pub(super) async fn usage_of(&self, id: &ContainerId) -> Result<Option<Reading>, EngineError> {
        let ask = Ask::container("read what a container uses", id);
        let options = StatsOptions { stream: false, one_shot: true };
        let mut answer = Box::pin(self.docker.stats(id.as_str(), Some(options)));
        let stats = self.call(&ask, answer.try_next()).await?;
        let inspected = self.inspect(&ask, id.as_str()).await?;
        let limits = state::container(&ask, &inspected, self.host)?.limits;
        Ok(stats.and_then(|stats| reading(&stats, limits)))
    }
}

/// `None` of one that does not run: the engine answers all the same, with nothing in it.
fn reading(stats: &ContainerStatsResponse, limits: HeldTo) -> Option<Reading> {
    let pids = stats.pids_stats.as_ref()?.current?;
    let processor = stats.cpu_stats.as_ref()?.cpu_usage.as_ref()?.total_usage?;
    Some(Reading {
        processor: Duration::from_nanos(processor),
        memory: working_set(stats.memory_stats.as_ref()?)?,
        memory_limit: limits.memory.filter(|limit| *limit != Bytes(0) && limit.0 < u64::MAX >> 1),
        cpu_limit: limits.cpus.filter(|limit| *limit != Millicpus(0) && limit.0 < u32::MAX),
        pids: u32::try_from(pids).unwrap_or(u32::MAX),
        network: stats.networks.as_ref().map(|networks| networks.values().fold(Counted::default(), add_network)),
        block: stats.blkio_stats.as_ref().map(block),
    })
}

/// `total_inactive_file` is cgroup v1's word, `inactive_file` v2's (and of v1 what children have not).
fn working_set(memory: &ContainerMemoryStats) -> Option<u64> {
    let stats = memory.stats.as_ref()?;
    let inactive = stats.get("total_inactive_file").or_else(|| stats.get("inactive_file")).copied().unwrap_or_default();
    Some(memory.usage?.saturating_sub(inactive))
}

fn add_network(sum: Counted, interface: &ContainerNetworkStats) -> Counted {
    Counted {
        inward: sum.inward + interface.rx_bytes.unwrap_or_default(),
        outward: sum.outward + interface.tx_bytes.unwrap_or_default(),
    }
}

fn block(stats: &ContainerBlkioStats) -> Counted {
    let entries = stats.io_service_bytes_recursive.as_deref().unwrap_or_default();
    let of = |word: &str| {
        let is = |entry: &str| entry.eq_ignore_ascii_case(word);
        entries.iter().filter(|entry| entry.op.as_deref().is_some_and(is)).filter_map(|entry| entry.value).sum()
    };
    Counted { inward: of("read"), outward: of("write") }
}
