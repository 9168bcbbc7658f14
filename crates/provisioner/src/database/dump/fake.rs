//! Dumps in memory, with faults to switch on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::tenant::DumpsState;
use domain::{Clock as _, SystemClock, TenantId};

use super::programs::{DumpError, Subject};
use super::{DumpName, DumpStore, NextRelease, Taken, state_of};
use crate::fault::{Faults, Moment};

/// What a restore that is cut off half-way leaves.
pub const HALF: &str = "half of one and half of the other";

const FRESH_FOR: Duration = Duration::from_secs(3600);

/// A call a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Find,
    Dump,
    Save,
    Restore,
    Remove,
    Tenants,
}

/// Keeps what was told to be in a tenant's database, as dumps do.
#[derive(Debug, Default)]
pub struct FakeDumps {
    state: Mutex<State>,
    faults: Faults<Call>,
}

#[derive(Debug, Default)]
struct State {
    dumps: BTreeMap<TenantId, BTreeMap<DumpName, (String, DateTime<Utc>)>>,
    data: BTreeMap<TenantId, String>,
    /// How many of the next restores are cut off half-way.
    cut_off: u32,
}

impl FakeDumps {
    /// The next `times` such calls fail at that moment.
    pub fn fail(&self, call: Call, moment: Moment, times: u32) {
        self.faults.plan(call, moment, times);
    }

    /// How often such a call was made, failed ones included.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.faults.calls(call)
    }

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
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<T>(&self, call: Call, effect: impl FnOnce() -> Result<T, DumpError> + Send) -> Result<T, DumpError> {
        self.faults.around(call, || call.failed(), effect).await
    }
}

impl Call {
    fn failed(self) -> DumpError {
        let program = if self == Self::Restore { "pg_restore" } else { "pg_dump" };
        DumpError::Failed { program, said: "a fault that a test has planned".to_owned() }
    }
}

#[async_trait]
impl DumpStore for FakeDumps {
    async fn find(&self, tenant: TenantId, next: NextRelease) -> Result<Option<DumpsState>, DumpError> {
        self.call(Call::Find, || Ok(self.state().found(tenant, next))).await
    }

    async fn dump(&self, subject: Subject<'_>, next: NextRelease) -> Result<DumpsState, DumpError> {
        self.call(Call::Dump, || {
            self.take(subject.tenant, DumpName::BeforeRelease(next.number));
            let state = self.state().found(subject.tenant, next).unwrap_or_default();
            Ok(DumpsState { before_next: true, ..state })
        })
        .await
    }

    async fn save(&self, subject: Subject<'_>, restore: i64) -> Result<(), DumpError> {
        self.call(Call::Save, || {
            self.take(subject.tenant, DumpName::BeforeRestore(restore));
            Ok(())
        })
        .await
    }

    async fn restore(&self, subject: Subject<'_>, from: DumpName) -> Result<DateTime<Utc>, DumpError> {
        self.call(Call::Restore, || self.state().restore(subject.tenant, from)).await
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError> {
        self.call(Call::Remove, || {
            let mut state = self.state();
            state.dumps.remove(&tenant);
            state.data.remove(&tenant);
            Ok(())
        })
        .await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, DumpError> {
        self.call(Call::Tenants, || Ok(self.state().dumps.keys().copied().collect())).await
    }
}

impl State {
    fn found(&self, tenant: TenantId, next: NextRelease) -> Option<DumpsState> {
        let dump = |(name, (_, at)): (&DumpName, &(String, DateTime<Utc>))| Taken { name: *name, at: *at };
        self.dumps.get(&tenant).map(|dumps| state_of(dumps.iter().map(dump), next, FRESH_FOR))
    }

    fn restore(&mut self, tenant: TenantId, from: DumpName) -> Result<DateTime<Utc>, DumpError> {
        let found = self.dumps.get(&tenant).and_then(|dumps| dumps.get(&from)).cloned();
        let failed = |said: &str| DumpError::Failed { program: "pg_restore", said: said.to_owned() };
        let (data, taken_at) = found.ok_or_else(|| failed("no such dump"))?;
        if self.cut_off > 0 {
            self.cut_off -= 1;
            self.data.insert(tenant, HALF.to_owned());
            return Err(failed("the connection was cut off"));
        }
        self.data.insert(tenant, data);
        Ok(taken_at)
    }
}
