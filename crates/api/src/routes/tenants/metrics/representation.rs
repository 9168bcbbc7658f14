//! What a tenant uses as the API shows it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::usage::Sample;
use serde::{Deserialize, Serialize};
use storage::UsagePoint;
use utoipa::ToSchema;

use crate::routes::words::words;

words! {
    /// What a tenant suffers from: close to a limit for a while.
    TroubleKind as domain::usage::Trouble { MemoryHigh, CpuHigh, OutOfMemory, DiskHigh, }
}

/// Something that lasts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Trouble {
    kind: TroubleKind,
    since: DateTime<Utc>,
}

/// What went over the network, in bytes a second.
#[derive(Serialize, ToSchema)]
pub(crate) struct Network {
    received: f64,
    sent: f64,
}

/// What went from and to disks, in bytes a second.
#[derive(Serialize, ToSchema)]
pub(crate) struct Block {
    read: f64,
    written: f64,
}

/// What a container used in the last moments.
#[derive(Serialize, ToSchema)]
pub(crate) struct Usage {
    /// When it was sampled.
    at: DateTime<Utc>,
    /// How long that is ago, in seconds.
    age: f64,
    /// Cores in use; 1 is all of one.
    #[schema(example = 0.12)]
    cpu: f64,
    /// Cores it may use; null without a limit.
    #[schema(example = 0.5)]
    cpu_limit: Option<f64>,
    /// Bytes of memory, without the page cache that can go at once.
    #[schema(example = 100_663_296)]
    memory: u64,
    /// Bytes it may use; null without a limit.
    memory_limit: Option<u64>,
    /// Null where the host does not tell.
    network: Option<Network>,
    /// Null where the host does not tell.
    block: Option<Block>,
    /// Processes and threads.
    pids: u32,
}

/// What was used in one step of time. All null: nothing is known of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Point {
    /// When the step begins.
    at: DateTime<Utc>,
    /// Cores, on average.
    cpu: Option<f64>,
    /// The busiest sample's.
    cpu_peak: Option<f64>,
    cpu_limit: Option<f64>,
    /// Bytes, on average.
    memory: Option<f64>,
    memory_peak: Option<u64>,
    memory_limit: Option<u64>,
    network: Option<Network>,
    block: Option<Block>,
    /// The most there were.
    pids: Option<u32>,
}

impl Usage {
    /// A sample as it is seen at `now`.
    pub(crate) fn seen(sample: Sample, now: DateTime<Utc>) -> Self {
        Self {
            at: sample.at,
            // A worker whose clock is ahead of ours has not sampled in the future.
            age: (now - sample.at).max(TimeDelta::zero()).as_seconds_f64(),
            cpu: sample.cpu,
            cpu_limit: sample.cpu_limit,
            memory: sample.memory,
            memory_limit: sample.memory_limit,
            network: sample.network.map(Network::from),
            block: sample.block.map(Block::from),
            pids: sample.pids,
        }
    }
}

impl Trouble {
    pub(crate) fn all(troubles: Vec<(domain::usage::Trouble, DateTime<Utc>)>) -> Vec<Self> {
        troubles.into_iter().map(|(kind, since)| Self { kind: kind.into(), since }).collect()
    }
}

impl Point {
    /// The step that begins then, of which this is known.
    pub(super) fn of(at: DateTime<Utc>, known: Option<&UsagePoint>) -> Self {
        Self {
            at,
            cpu: known.map(|point| point.cpu),
            cpu_peak: known.map(|point| point.cpu_peak),
            cpu_limit: known.and_then(|point| point.cpu_limit),
            memory: known.map(|point| point.memory),
            memory_peak: known.map(|point| point.memory_peak),
            memory_limit: known.and_then(|point| point.memory_limit),
            network: known.and_then(|point| point.network).map(Network::from),
            block: known.and_then(|point| point.block).map(Block::from),
            pids: known.map(|point| point.pids),
        }
    }
}

impl From<domain::usage::Rates> for Network {
    fn from(rates: domain::usage::Rates) -> Self {
        Self { received: rates.inward, sent: rates.outward }
    }
}

impl From<domain::usage::Rates> for Block {
    fn from(rates: domain::usage::Rates) -> Self {
        Self { read: rates.inward, written: rates.outward }
    }
}
