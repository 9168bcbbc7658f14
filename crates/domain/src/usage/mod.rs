//! What an instance uses: counters as they are read, and what people are shown of them.
//!
//! A host counts up (processor time, bytes); people want rates. [`Reading`] is the one, [`Sample`] the other, made of two
//! readings of one container. What can't be read is `None`, never 0.

mod history;
mod trouble;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use history::{Resolution, Span, SpanError};
pub use trouble::{Hold, Sight, Thresholds, Trouble, Troubles};

use crate::limits::Millicpus;
use crate::quantity::Bytes;

/// Two counters, in bytes since the container started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Received, or read.
    pub inward: u64,
    /// Sent, or written.
    pub outward: u64,
}

/// One look at a container's counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Of all its processes, since it started.
    pub processor: Duration,
    /// The working set in bytes: what is charged to it, without the page cache that can go at once. As the kubelet and
    /// `docker stats` count it.
    pub memory: u64,
    /// `None`: it has no limit.
    pub memory_limit: Option<Bytes>,
    /// `None`: it has no limit.
    pub cpu_limit: Option<Millicpus>,
    pub pids: u32,
    /// `None`: the host does not tell.
    pub network: Option<Counted>,
    /// `None`: the host does not tell.
    pub block: Option<Counted>,
}

/// A pair of rates, in bytes a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Received, or read.
    pub inward: f64,
    /// Sent, or written.
    pub outward: f64,
}

/// What a container used between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Of the later look.
    pub at: DateTime<Utc>,
    /// Cores in use; 1.0 is all of one.
    pub cpu: f64,
    /// Cores it may use.
    pub cpu_limit: Option<f64>,
    /// The working set in bytes, at the later look.
    pub memory: u64,
    /// Bytes it may use.
    pub memory_limit: Option<u64>,
    pub network: Option<Rates>,
    pub block: Option<Rates>,
    pub pids: u32,
}

impl Sample {
    /// What was used in the time between two readings of one container; `None` if no time has passed, or if a counter went
    /// back: the container was started anew meanwhile.
    #[must_use]
    pub fn between(earlier: &Reading, later: &Reading, passed: Duration, at: DateTime<Utc>) -> Option<Self> {
        let seconds = passed.as_secs_f64();
        let worked = later.processor.checked_sub(earlier.processor)?;
        if seconds <= 0.0 {
            return None;
        }
        Some(Self {
            at,
            cpu: worked.as_secs_f64() / seconds,
            cpu_limit: later.cpu_limit.map(f64::from),
            memory: later.memory,
            memory_limit: later.memory_limit.map(|limit| limit.0),
            network: rates(earlier.network, later.network, seconds),
            block: rates(earlier.block, later.block, seconds),
            pids: later.pids,
        })
    }

    /// The part of its processor limit in use; 1.0 is all.
    #[must_use]
    pub fn cpu_of_limit(&self) -> Option<f64> {
        self.cpu_limit.filter(|limit| *limit > 0.0).map(|limit| self.cpu / limit)
    }

    /// The part of its memory limit in use; 1.0 is all.
    #[must_use]
    pub fn memory_of_limit(&self) -> Option<f64> {
        self.memory_limit.filter(|limit| *limit > 0).map(|limit| self.memory as f64 / limit as f64)
    }
}

/// A counter that went back has begun anew: what it says now is what has passed since.
fn rates(earlier: Option<Counted>, later: Option<Counted>, seconds: f64) -> Option<Rates> {
    let (earlier, later) = (earlier?, later?);
    let rate = |before: u64, now: u64| now.checked_sub(before).unwrap_or(now) as f64 / seconds;
    Some(Rates { inward: rate(earlier.inward, later.inward), outward: rate(earlier.outward, later.outward) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(processor: u64, bytes: u64) -> Reading {
        Reading {
            processor: Duration::from_millis(processor),
            memory: 96 << 20,
            memory_limit: Some(Bytes::mib(384)),
            cpu_limit: Some(Millicpus(500)),
            pids: 11,
            network: Some(Counted { inward: bytes, outward: 2 * bytes }),
            block: None,
        }
    }

    fn between(earlier: &Reading, later: &Reading, seconds: u64) -> Option<Sample> {
        Sample::between(earlier, later, Duration::from_secs(seconds), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_sample_is_what_was_used_in_the_time_between() {
        let sample = between(&reading(1_000, 500), &reading(1_500, 2_500), 2).unwrap();
        assert_eq!((sample.cpu, sample.cpu_of_limit(), sample.memory_of_limit()), (0.25, Some(0.5), Some(0.25)));
        assert_eq!(sample.network, Some(Rates { inward: 1_000.0, outward: 2_000.0 }));
        assert_eq!(sample.block, None);
    }

    #[test]
    fn a_container_started_anew_has_no_sample_yet() {
        assert_eq!(between(&reading(1_000, 500), &reading(10, 5), 2), None);
        assert_eq!(between(&reading(1_000, 500), &reading(1_000, 500), 0), None);
    }

    #[test]
    fn what_has_no_limit_has_no_part_of_it() {
        let without = Reading { memory_limit: None, cpu_limit: None, ..reading(0, 0) };
        let sample = between(&without, &without, 1).unwrap();
        assert_eq!((sample.cpu_of_limit(), sample.memory_of_limit()), (None, None));
    }

    #[test]
    fn a_network_counter_that_begins_anew_counts_from_there() {
        let mut later = reading(1_500, 0);
        later.network = Some(Counted { inward: 100, outward: 0 });
        let sample = between(&reading(1_000, 500), &later, 2).unwrap();
        assert_eq!(sample.network, Some(Rates { inward: 50.0, outward: 0.0 }));
    }
}
