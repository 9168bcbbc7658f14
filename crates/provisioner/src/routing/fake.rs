//! Routes in memory, with faults to switch on: held to the same contract tests as the files.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::{RouteState, SpecHash};

use super::{Route, RouteError, RouteProvider, RouteStore, Survey};
use crate::fault::Faults;
pub use crate::fault::Moment;

/// A call a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Find,
    Write,
    Remove,
    Tenants,
    Survey,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<TenantId, RouteState>,
    /// As they were last written or read.
    known: BTreeMap<TenantId, RouteState>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct FakeRoutes {
    state: Mutex<State>,
    faults: Faults<Call>,
}

/// The switches, and what a test may look at.
impl FakeRoutes {
    /// The next `times` such calls fail at that moment.
    pub fn fail(&self, call: Call, moment: Moment, times: u32) {
        self.faults.plan(call, moment, times);
    }

    /// Whether every call fails before its effect.
    pub fn set_down(&self, down: bool) {
        self.faults.set_down(down);
    }

    /// How long every call takes.
    pub fn set_latency(&self, latency: Duration) {
        self.faults.set_latency(latency);
    }

    /// Somebody changes a tenant's file behind our back.
    pub fn alter(&self, tenant: TenantId) {
        if let Some(file) = self.state().files.get_mut(&tenant) {
            file.hash = SpecHash::from_label("altered");
        }
    }

    /// All files, whatever the switches say.
    #[must_use]
    pub fn inventory(&self) -> BTreeMap<TenantId, RouteState> {
        self.state().files.clone()
    }

    /// How often such a call was made, failed ones included.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.faults.calls(call)
    }

    /// A test that panicked in another thread changes nothing here half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<T>(&self, call: Call, effect: impl FnOnce(&mut State) -> T + Send) -> Result<T, RouteError> {
        self.faults.around(call, || call.failed(), || Ok(effect(&mut self.state()))).await
    }
}

impl State {
    fn note(&mut self, tenant: TenantId, file: Option<&RouteState>) {
        match file {
            Some(file) => self.known.insert(tenant, file.clone()),
            None => self.known.remove(&tenant),
        };
    }
}

impl Call {
    fn failed(self) -> RouteError {
        let action = match self {
            Self::Find => "read",
            Self::Write => "write",
            Self::Remove => "remove",
            Self::Tenants => "list",
            Self::Survey => "look at",
        };
        let source = io::Error::other("a fault that a test has planned");
        RouteError::Io { action, path: "/in/memory".into(), source }
    }
}

#[async_trait]
impl RouteStore for FakeRoutes {
    async fn find(&self, tenant: TenantId) -> Result<Option<RouteState>, RouteError> {
        self.call(Call::Find, |state| {
            let found = state.files.get(&tenant).cloned();
            state.note(tenant, found.as_ref());
            found
        })
        .await
    }

    async fn write(&self, route: &Route, target: Option<SocketAddr>) -> Result<RouteState, RouteError> {
        let target = target.filter(|_| route.routing.provider == RouteProvider::File);
        let file = RouteState { hash: route.hash(), target };
        self.call(Call::Write, |state| {
            state.files.insert(route.tenant, file.clone());
            state.note(route.tenant, Some(&file));
        })
        .await?;
        Ok(file)
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), RouteError> {
        self.call(Call::Remove, |state| {
            state.files.remove(&tenant);
            state.note(tenant, None);
        })
        .await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, RouteError> {
        self.call(Call::Tenants, |state| state.files.keys().copied().collect()).await
    }

    async fn survey(&self) -> Result<Survey, RouteError> {
        self.call(Call::Survey, |state| Survey {
            present: state.files.keys().copied().collect(),
            altered: state
                .known
                .iter()
                .filter(|(tenant, file)| state.files.get(tenant) != Some(file))
                .map(|(tenant, _)| *tenant)
                .collect(),
        })
        .await
    }
}
