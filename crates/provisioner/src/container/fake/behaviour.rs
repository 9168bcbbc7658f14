//! What a container does once it is started.

use std::time::Duration;

use domain::limits::Millicpus;
use domain::quantity::Bytes;

use crate::container::{ContainerSpec, Phase};

/// How a process of a container dies.
pub(super) const TERMINATED: i64 = 143;
pub(super) const KILLED: i64 = 137;

/// A script for a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// Why the engine can't start it.
    pub cannot_start: Option<String>,
    /// What it says, at each start.
    pub log: Vec<String>,
    /// Which of these, by index, it says as an error.
    pub errors: Vec<usize>,
    /// How it ends by itself; `None`: it runs until it is stopped.
    pub end: Option<End>,
    /// Its exit code after SIGTERM; `None`: it ignores it and costs the whole grace.
    pub on_term: Option<i64>,
    /// Whether it answers its readiness probe while it runs.
    pub ready: bool,
    /// How much of a processor it keeps busy while it runs.
    pub busy: Millicpus,
    /// How much memory it has while it runs.
    pub memory: Bytes,
}

/// How a container ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub after: Duration,
    pub code: i64,
    pub oom_killed: bool,
}

impl End {
    /// At once, with this exit code.
    #[must_use]
    pub const fn with(code: i64) -> Self {
        Self { after: Duration::ZERO, code, oom_killed: false }
    }

    /// At once, for want of memory.
    #[must_use]
    pub const fn out_of_memory() -> Self {
        Self { after: Duration::ZERO, code: KILLED, oom_killed: true }
    }
}

impl Default for Behaviour {
    /// Runs, is ready, and goes when told to.
    fn default() -> Self {
        let (busy, memory) = (Millicpus(10), Bytes::mib(64));
        Self {
            cannot_start: None,
            log: Vec::new(),
            errors: Vec::new(),
            end: None,
            on_term: Some(TERMINATED),
            ready: true,
            busy,
            memory,
        }
    }
}

impl Behaviour {
    /// Says something and ends.
    #[must_use]
    pub fn ends(end: End) -> Self {
        Self { end: Some(end), ..Self::default() }
    }

    /// What a well-behaved app does: releases succeed, servers serve.
    #[must_use]
    pub fn usual(spec: &ContainerSpec) -> Self {
        match spec.owner.phase {
            Phase::Release | Phase::Probe => Self::ends(End::with(0)),
            Phase::Serve => Self::default(),
        }
    }
}
