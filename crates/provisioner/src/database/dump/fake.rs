//! Dumps in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::TenantId;
use domain::tenant::DumpsState;

use super::DumpStore;
use super::programs::{DumpError, Subject};

/// Remembers for which releases a dump was asked.
#[derive(Debug, Default)]
pub struct FakeDumps(Mutex<BTreeMap<TenantId, BTreeSet<u32>>>);

impl FakeDumps {
    /// The releases each tenant has a dump for.
    #[must_use]
    pub fn inventory(&self) -> BTreeMap<TenantId, BTreeSet<u32>> {
        self.dumps().clone()
    }

    fn dumps(&self) -> MutexGuard<'_, BTreeMap<TenantId, BTreeSet<u32>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl DumpStore for FakeDumps {
    async fn find(&self, tenant: TenantId, next_release: u32) -> Result<Option<DumpsState>, DumpError> {
        let dumps = self.dumps();
        Ok(dumps.get(&tenant).map(|releases| DumpsState { before_next: releases.contains(&next_release) }))
    }

    async fn dump(&self, subject: Subject<'_>, next_release: u32) -> Result<DumpsState, DumpError> {
        self.dumps().entry(subject.tenant).or_default().insert(next_release);
        Ok(DumpsState { before_next: true })
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError> {
        self.dumps().remove(&tenant);
        Ok(())
    }
}
