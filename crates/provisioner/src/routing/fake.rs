//! Routes in memory, with fault switches, held to the same contract tests as the files.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::{RouteState, SpecHash};

use super::{Route, RouteError, RouteProvider, RouteStore};

/// A folder that is none.
#[derive(Debug, Default)]
pub struct FakeRoutes(Mutex<Inner>);

/// When a call fails: before it did anything, or after it did everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Before,
    After,
}

#[derive(Debug, Default)]
struct Inner {
    files: BTreeMap<TenantId, RouteState>,
    fault: Option<(Fault, u32)>,
    down: bool,
}

impl FakeRoutes {
    /// The next `times` writes and removals fail so.
    pub fn fail(&self, fault: Fault, times: u32) {
        self.inner().fault = Some((fault, times));
    }

    /// Every call fails while `down`.
    pub fn set_down(&self, down: bool) {
        self.inner().down = down;
    }

    /// Somebody else changes a tenant's file.
    pub fn alter(&self, tenant: TenantId) {
        if let Some(state) = self.inner().files.get_mut(&tenant) {
            state.hash = SpecHash::from_label("altered");
        }
    }

    /// What is there, whatever the switches say.
    #[must_use]
    pub fn files(&self) -> BTreeMap<TenantId, RouteState> {
        self.inner().files.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look<T>(&self, look: impl FnOnce(&Inner) -> T) -> Result<T, RouteError> {
        let inner = self.inner();
        if inner.down { Err(refused()) } else { Ok(look(&inner)) }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> Result<T, RouteError> {
        let mut inner = self.inner();
        if inner.down {
            return Err(refused());
        }
        match inner.take_fault() {
            None => Ok(change(&mut inner)),
            Some(Fault::Before) => Err(refused()),
            Some(Fault::After) => {
                change(&mut inner);
                Err(refused())
            }
        }
    }
}

impl Inner {
    fn take_fault(&mut self) -> Option<Fault> {
        let (fault, times) = self.fault.take()?;
        let left = times.checked_sub(1)?;
        self.fault = Some((fault, left));
        Some(fault)
    }
}

#[async_trait]
impl RouteStore for FakeRoutes {
    async fn find(&self, tenant: TenantId) -> Result<Option<RouteState>, RouteError> {
        self.look(|inner| inner.files.get(&tenant).cloned())
    }

    async fn write(&self, route: &Route, target: Option<SocketAddr>) -> Result<RouteState, RouteError> {
        let target = target.filter(|_| route.routing.provider == RouteProvider::File);
        let state = RouteState { hash: route.hash(), target };
        self.change(|inner| inner.files.insert(route.tenant, state.clone()))?;
        Ok(state)
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), RouteError> {
        self.change(|inner| inner.files.remove(&tenant)).map(drop)
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, RouteError> {
        self.look(|inner| inner.files.keys().copied().collect())
    }
}

fn refused() -> RouteError {
    let source = io::Error::new(io::ErrorKind::PermissionDenied, "a fault was asked for");
    RouteError::Io { action: "use", path: "/fake".into(), source }
}
