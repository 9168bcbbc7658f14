//! What goes wrong, and when.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::lock;
use crate::container::EngineError;

/// The trait's calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    Version,
    FindImage,
    PullImage,
    ReadImageFile,
    RemoveAbandonedReaders,
    ImportImage,
    RemoveOwnImages,
    NetworkAddresses,
    FindNetwork,
    EnsureNetwork,
    CreateContainer,
    StartContainer,
    StopContainer,
    SetRestart,
    SetLimits,
    RenameContainer,
    RemoveContainer,
    FindContainer,
    ListContainers,
    WaitContainer,
    TailLog,
    Usage,
    ReadLog,
    Events,
}

impl Call {
    /// All of them, for tests that try each.
    pub const ALL: [Self; 24] = [
        Self::Version,
        Self::FindImage,
        Self::PullImage,
        Self::ReadImageFile,
        Self::RemoveAbandonedReaders,
        Self::ImportImage,
        Self::RemoveOwnImages,
        Self::NetworkAddresses,
        Self::FindNetwork,
        Self::EnsureNetwork,
        Self::CreateContainer,
        Self::StartContainer,
        Self::StopContainer,
        Self::SetRestart,
        Self::SetLimits,
        Self::RenameContainer,
        Self::RemoveContainer,
        Self::FindContainer,
        Self::ListContainers,
        Self::WaitContainer,
        Self::TailLog,
        Self::Usage,
        Self::ReadLog,
        Self::Events,
    ];

    const fn action(self) -> &'static str {
        match self {
            Self::Version => "tell its version",
            Self::FindImage => "look an image up",
            Self::PullImage => "fetch an image",
            Self::ReadImageFile => "read a file",
            Self::RemoveAbandonedReaders => "remove what was left by readers",
            Self::ImportImage => "import an image",
            Self::RemoveOwnImages => "remove images",
            Self::NetworkAddresses => "tell who is in a network",
            Self::FindNetwork => "look a network up",
            Self::EnsureNetwork => "make the network",
            Self::CreateContainer => "create a container",
            Self::StartContainer => "start a container",
            Self::StopContainer => "stop a container",
            Self::SetRestart => "set who restarts a container",
            Self::SetLimits => "limit a container",
            Self::RenameContainer => "rename a container",
            Self::RemoveContainer => "remove a container",
            Self::FindContainer => "look a container up",
            Self::ListContainers => "list containers",
            Self::WaitContainer => "wait for a container",
            Self::TailLog | Self::ReadLog => "read a log",
            Self::Usage => "read what a container uses",
            Self::Events => "tell events",
        }
    }
}

/// How a call fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// `Unavailable`, and nothing has happened.
    Before,
    /// `Unavailable`, and it has happened all the same.
    After,
    /// It never answers, and nothing has happened.
    Hang,
    /// This answer, and nothing has happened.
    Answer(EngineError),
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Mutex<HashMap<Call, (Failure, Option<u32>)>>,
    latency: Mutex<Duration>,
    down: AtomicBool,
    calls: Mutex<HashMap<Call, u64>>,
}

impl Faults {
    pub(super) fn plan(&self, call: Call, failure: Failure, times: Option<u32>) {
        lock(&self.planned).insert(call, (failure, times));
    }

    pub(super) fn forget(&self) {
        lock(&self.planned).clear();
        *lock(&self.latency) = Duration::ZERO;
        self.down.store(false, Ordering::Relaxed);
    }

    pub(super) fn slow(&self, latency: Duration) {
        *lock(&self.latency) = latency;
    }

    pub(super) fn down(&self) {
        self.down.store(true, Ordering::Relaxed);
    }

    pub(super) fn calls(&self, call: Call) -> u64 {
        lock(&self.calls).get(&call).copied().unwrap_or_default()
    }

    /// Makes `call`, with what is planned to go wrong.
    pub(super) async fn around<T>(
        &self,
        call: Call,
        effect: impl Future<Output = Result<T, EngineError>> + Send,
    ) -> Result<T, EngineError> {
        *lock(&self.calls).entry(call).or_default() += 1;
        let latency = *lock(&self.latency);
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        self.check_up(call)?;
        match self.take(call) {
            Some(Failure::Before) => Err(unavailable(call, "a planned failure, before its effect")),
            Some(Failure::Answer(error)) => Err(error),
            Some(Failure::Hang) => std::future::pending().await,
            Some(Failure::After) => {
                effect.await?;
                Err(unavailable(call, "a planned failure, after its effect"))
            }
            None => effect.await,
        }
    }

    pub(super) fn check_up(&self, call: Call) -> Result<(), EngineError> {
        if self.down.load(Ordering::Relaxed) { Err(unavailable(call, "it is down")) } else { Ok(()) }
    }

    fn take(&self, call: Call) -> Option<Failure> {
        let mut planned = lock(&self.planned);
        let (failure, times) = planned.get_mut(&call)?;
        let failure = failure.clone();
        if let Some(left) = times {
            *left = left.saturating_sub(1);
            if *left == 0 {
                planned.remove(&call);
            }
        }
        Some(failure)
    }
}

pub(super) fn unavailable(call: Call, detail: &str) -> EngineError {
    EngineError::Unavailable { action: call.action(), detail: detail.to_owned() }
}

pub(super) fn refused(call: Call, detail: impl Into<String>) -> EngineError {
    EngineError::Refused { action: call.action(), detail: detail.into() }
}
