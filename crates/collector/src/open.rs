//! Which logs are open.
//!
//! One is opened for whoever comes first, where waiting for the disk does no harm, and by one at a time. It is closed when nobody uses
//! it and nothing of it waits, unless its tenant has containers: those are read again soon.

use std::collections::HashMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use domain::TenantId;
use logbook::BookError;

use crate::Shared;
use crate::ledger::{Hands, Ledger, lock};
use crate::settings::Settings;

/// Held by whoever opens a tenant's.
type Gate = Arc<tokio::sync::Mutex<()>>;

#[derive(Debug)]
pub(crate) struct Ledgers {
    open: Mutex<HashMap<TenantId, Arc<Ledger>>>,
    gates: Mutex<HashMap<TenantId, Gate>>,
    hands: Hands,
}

impl Ledgers {
    pub(crate) fn new(hands: Hands) -> Self {
        Self { open: Mutex::default(), gates: Mutex::default(), hands }
    }

    /// The tenant's, if it is open.
    pub(crate) fn get(&self, tenant: TenantId) -> Option<Arc<Ledger>> {
        lock(&self.open).get(&tenant).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Ledger>> {
        lock(&self.open).values().cloned().collect()
    }

    pub(crate) fn remove(&self, tenant: TenantId) -> Option<Arc<Ledger>> {
        lock(&self.open).remove(&tenant)
    }

    /// Takes those out that nobody uses, but for those to keep. Letting go of them waits for the disk.
    pub(crate) fn take_idle(&self, keep: impl Fn(TenantId) -> bool) -> Vec<Arc<Ledger>> {
        lock(&self.gates).retain(|_, gate| Arc::strong_count(gate) > 1);
        // Whoever uses one holds it; nobody can come to hold one meanwhile.
        let is_idle = |tenant: &TenantId, ledger: &mut Arc<Ledger>| {
            !keep(*tenant) && Arc::strong_count(ledger) == 1 && ledger.core().is_idle()
        };
        lock(&self.open).extract_if(is_idle).map(|(_, ledger)| ledger).collect()
    }

    /// A tenant's log is gone, and so is what was noted of it. Waits for the disk.
    pub(crate) fn forget_marks(&self, tenant: TenantId) {
        self.hands.marks.kept(tenant, u64::MAX);
    }

    /// Waits for the disk.
    fn open(&self, tenant: TenantId, settings: &Settings) -> Result<Arc<Ledger>, BookError> {
        // For this account alone: a log may hold what people have entered. An error shows when the book is opened.
        let _made = DirBuilder::new().recursive(true).mode(0o700).create(&settings.directory);
        let ledger = Ledger::open(tenant, &folder(settings, tenant), settings, self.hands.clone())?;
        lock(&self.open).insert(tenant, Arc::clone(&ledger));
        Ok(ledger)
    }
}

fn folder(settings: &Settings, tenant: TenantId) -> PathBuf {
    settings.directory.join(tenant.simple())
}

impl Shared {
    pub(crate) fn folder(&self, tenant: TenantId) -> PathBuf {
        folder(&self.settings, tenant)
    }

    /// The tenant's ledger, opened if it isn't.
    ///
    /// # Errors
    /// [`BookError`].
    pub(crate) async fn ledger(self: &Arc<Self>, tenant: TenantId) -> Result<Arc<Ledger>, BookError> {
        if let Some(ledger) = self.ledgers.get(tenant) {
            return Ok(ledger);
        }
        let gate = Arc::clone(lock(&self.ledgers.gates).entry(tenant).or_default());
        // Held by the thread that opens it: also if nobody waits for that any more.
        let gate = gate.lock_owned().await;
        if let Some(ledger) = self.ledgers.get(tenant) {
            return Ok(ledger);
        }
        let shared = Arc::clone(self);
        let opened = tokio::task::spawn_blocking(move || {
            let opened = shared.ledgers.open(tenant, &shared.settings);
            drop(gate);
            opened
        });
        opened.await.unwrap_or(Err(BookError::Panicked))
    }

    /// Closes those that nobody uses, but for those to keep.
    pub(crate) async fn close_idle(&self, keep: impl Fn(TenantId) -> bool) {
        let idle = self.ledgers.take_idle(keep);
        if !idle.is_empty() {
            // Whoever panics there has told.
            drop(tokio::task::spawn_blocking(move || drop(idle)).await);
        }
    }

    /// Whose logs there are on disk.
    pub(crate) async fn kept_tenants(&self) -> Vec<TenantId> {
        let directory = self.settings.directory.clone();
        let list = move || {
            let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
            let tenant =
                |entry: std::fs::DirEntry| TenantId::parse(&format!("tnt_{}", entry.file_name().to_str()?)).ok();
            entries.flatten().filter_map(tenant).collect()
        };
        tokio::task::spawn_blocking(list).await.unwrap_or_default()
    }
}
