//! Dumps in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::tenant::DumpsState;
use domain::{Clock as _, SystemClock, TenantId};

use super::programs::{DumpError, Subject};
use super::{DumpName, DumpStore, NextRelease, Taken, state_of};

/// What a restore that is cut off half-way leaves.
pub const HALF: &str = "half of one and half of the other";

const FRESH_FOR: Duration = Duration::from_secs(3600);

/// Keeps what was told to be in a tenant's database, as dumps do.
#[derive(Debug, Default)]
pub struct FakeDumps(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    dumps: BTreeMap<TenantId, BTreeMap<DumpName, (String, DateTime<Utc>)>>,
    data: BTreeMap<TenantId, String>,
    /// How many of the next restores are cut off half-way.
    cut_off: u32,
}

impl FakeDumps {
    /// The releases each tenant has a dump for.
    #[must_use]
    pub fn inventory(&self) -> BTreeMap<TenantId, BTreeSet<u32>> {
        let release = |name: &DumpName| match name {
            DumpName::BeforeRelease(release) => Some(*release),
            DumpName::BeforeRestore(_) => None,
        };
        let releases = |dumps: &BTreeMap<DumpName, _>| dumps.keys().filter_map(release).collect();
        self.state().dumps.iter().map(|(tenant, dumps)| (*tenant, releases(dumps))).collect()
    }

    /// What people have entered.
    pub fn enter(&self, tenant: TenantId, data: &str) {
        self.state().data.insert(tenant, data.to_owned());
    }

    /// What is in the tenant's database.
    #[must_use]
    pub fn data(&self, tenant: TenantId) -> String {
        self.state().data.get(&tenant).cloned().unwrap_or_default()
    }

    /// The next `times` restores are cut off half-way.
    pub fn cut_off(&self, times: u32) {
        self.state().cut_off = times;
    }

    /// Puts a dump there, of whomever.
    pub fn plant(&self, tenant: TenantId) {
        self.take(tenant, DumpName::BeforeRelease(1));
    }

    /// Somebody removes a dump.
    pub fn lose(&self, tenant: TenantId, dump: DumpName) {
        if let Some(dumps) = self.state().dumps.get_mut(&tenant) {
            dumps.remove(&dump);
        }
    }

    fn take(&self, tenant: TenantId, name: DumpName) {
        let mut state = self.state();
        let data = state.data.get(&tenant).cloned().unwrap_or_default();
        state.dumps.entry(tenant).or_default().insert(name, (data, SystemClock.now()));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DumpStore for FakeDumps {
    async fn find(&self, tenant: TenantId, next: NextRelease) -> Result<Option<DumpsState>, DumpError> {
        let dump = |(name, (_, at)): (&DumpName, &(String, DateTime<Utc>))| Taken { name: *name, at: *at };
        Ok(self.state().dumps.get(&tenant).map(|dumps| state_of(dumps.iter().map(dump), next, FRESH_FOR)))
    }

    async fn dump(&self, subject: Subject<'_>, next: NextRelease) -> Result<DumpsState, DumpError> {
        self.take(subject.tenant, DumpName::BeforeRelease(next.number));
        let state = self.find(subject.tenant, next).await?.unwrap_or_default();
        Ok(DumpsState { before_next: true, ..state })
    }

    async fn save(&self, subject: Subject<'_>, restore: i64) -> Result<(), DumpError> {
        self.take(subject.tenant, DumpName::BeforeRestore(restore));
        Ok(())
    }

    async fn restore(&self, subject: Subject<'_>, from: DumpName) -> Result<DateTime<Utc>, DumpError> {
        let mut state = self.state();
        let found = state.dumps.get(&subject.tenant).and_then(|dumps| dumps.get(&from)).cloned();
        let (data, taken_at) =
            found.ok_or_else(|| DumpError::Failed { program: "pg_restore", said: "no such dump".to_owned() })?;
        if state.cut_off > 0 {
            state.cut_off -= 1;
            state.data.insert(subject.tenant, HALF.to_owned());
            return Err(DumpError::Failed { program: "pg_restore", said: "the connection was cut off".to_owned() });
        }
        state.data.insert(subject.tenant, data);
        Ok(taken_at)
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError> {
        let mut state = self.state();
        state.dumps.remove(&tenant);
        state.data.remove(&tenant);
        Ok(())
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, DumpError> {
        Ok(self.state().dumps.keys().copied().collect())
    }
}
