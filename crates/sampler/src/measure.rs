//! Measures what tenants keep on disk: their database or schema, their log, their dumps. Of each so seldom as the operator has
//! settled, one after the other; of who is new, soon.
//!
//! A part that can't be measured stays as it was last told, with its age. The folders hold a folder a tenant, as the collector
//! and the dumps keep them, on this host. A container keeps nothing: its root is read-only, and what it may write to is memory.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Clock, TenantId};
use provisioner::database::TenantDatabase;
use provisioner::usage::folder_bytes;
use storage::{DueSize, SeenSizes, StorageError, Store};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// So many are asked for at once.
const BATCH: u16 = 100;

/// What the operator has settled about it.
#[derive(Clone, Debug)]
pub struct MeasureSettings {
    /// How often each is measured.
    pub every: Duration,
    /// How often somebody looks who is due; [`ROUND`], or a test waits for it.
    pub round: Duration,
    /// Where logs and dumps are kept, a folder a tenant.
    pub logs: PathBuf,
    pub dumps: PathBuf,
}

/// How long one that is new waits to be measured, at most.
pub const ROUND: Duration = Duration::from_secs(15);

/// Who measures.
#[derive(Debug)]
pub struct Measurer {
    store: Store,
    databases: Arc<dyn TenantDatabase>,
    settings: MeasureSettings,
    clock: Arc<dyn Clock>,
}

impl Measurer {
    #[must_use]
    pub fn new(
        store: Store,
        databases: Arc<dyn TenantDatabase>,
        settings: MeasureSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, databases, settings, clock }
    }

    /// Measures until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.measure() => {}
        }
    }

    async fn measure(&self) {
        let mut rounds = tokio::time::interval(self.settings.round);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_well = true;
        loop {
            rounds.tick().await;
            let measured = self.measure_due().await;
            // Once for as long as it lasts.
            match &measured {
                Err(error) if was_well => tracing::warn!(%error, "what instances keep can't be measured"),
                Ok(()) if !was_well => tracing::info!("what instances keep is measured again"),
                Ok(()) | Err(_) => {}
            }
            was_well = measured.is_ok();
        }
    }

    /// All that are due, one after the other: nobody waits for it, and it takes no more than one session and one disk's look.
    async fn measure_due(&self) -> Result<(), StorageError> {
        self.store.forget_sizes_of_destroyed().await?;
        loop {
            let due = self.store.due_sizes(self.due_before(), BATCH).await?;
            for one in &due {
                let seen = self.sizes(one).await;
                self.store.note_sizes(one.tenant, seen, self.clock.now()).await?;
            }
            if due.len() < usize::from(BATCH) {
                return Ok(());
            }
        }
    }

    fn due_before(&self) -> DateTime<Utc> {
        let every = TimeDelta::from_std(self.settings.every).unwrap_or(TimeDelta::MAX);
        self.clock.now().checked_sub_signed(every).unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    async fn sizes(&self, DueSize { tenant, isolation }: &DueSize) -> SeenSizes {
        let database = self.databases.size(*tenant, *isolation).await;
        let database = database.inspect_err(|error| tracing::debug!(tenant.id = %tenant, %error, "not measured")).ok();
        SeenSizes {
            // One that is not there keeps nothing.
            database: database.map(Option::unwrap_or_default),
            logs: files(&self.settings.logs, *tenant).await,
            dumps: files(&self.settings.dumps, *tenant).await,
        }
    }
}

/// A disk that hangs holds up nobody but this.
async fn files(folder: &Path, tenant: TenantId) -> Option<u64> {
    let folder = folder.join(tenant.simple());
    let looked = tokio::task::spawn_blocking(move || folder_bytes(&folder)).await;
    let bytes = looked.map_err(io::Error::other).and_then(|bytes| bytes);
    bytes.inspect_err(|error| tracing::debug!(tenant.id = %tenant, %error, "not measured")).ok()
}
