//! What a container may use: as it is asked for, and as it is shown.

use domain::limits::{InvalidLimits, Millicpus};
use domain::quantity::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a container may use.
#[derive(Serialize, ToSchema)]
pub(crate) struct Limits {
    #[schema(example = "512MiB")]
    memory: String,
    /// Memory and swap together.
    #[schema(example = "1GiB")]
    memory_swap: String,
    /// Cores.
    #[schema(example = 0.5)]
    cpus: f64,
    /// Processes and threads.
    #[schema(example = 100)]
    pids: u32,
}

/// What a container may use, as it is asked for; what is left out is what the app's version needs.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object with any of `memory`, `memory_swap`, `cpus` and `pids`")]
pub(crate) struct AskedLimits {
    /// A whole number with `KiB`, `MiB` or `GiB`; 256 MiB at least.
    #[schema(value_type = Option<String>, example = "512MiB")]
    memory: Option<Bytes>,
    /// Memory and swap together: between `memory` and twice that; left out beside `memory`: no swap.
    #[schema(value_type = Option<String>, example = "1GiB")]
    memory_swap: Option<Bytes>,
    /// Cores; 0.25 at least.
    #[schema(value_type = Option<f64>, example = 0.5)]
    cpus: Option<Millicpus>,
    /// Processes and threads; 16 at least.
    #[schema(example = 100)]
    pids: Option<u32>,
}

impl AskedLimits {
    /// These, and what was asked for before where nothing is said.
    pub(super) fn or(self, before: Option<domain::limits::AskedLimits>) -> Self {
        let before = before.unwrap_or_default();
        Self {
            memory: self.memory.or(before.memory),
            memory_swap: self.memory_swap.or(before.memory_swap),
            cpus: self.cpus.or(before.cpus),
            pids: self.pids.or(before.pids),
        }
    }

    /// The limits, if they can be any, and no more than `most`.
    pub(super) fn check(
        self,
        most: &domain::limits::Limits,
    ) -> Result<domain::limits::AskedLimits, Vec<InvalidLimits>> {
        let Self { memory, memory_swap, cpus, pids } = self;
        let asked = domain::limits::AskedLimits { memory, memory_swap, cpus, pids };
        asked.check(most).map(|()| asked)
    }
}

impl From<domain::limits::Limits> for Limits {
    fn from(limits: domain::limits::Limits) -> Self {
        Self {
            memory: limits.memory.to_string(),
            memory_swap: limits.memory_swap.to_string(),
            cpus: limits.cpus.into(),
            pids: limits.pids,
        }
    }
}
