//! The loop that makes what is equal to what should be.
//!
//! [`Reconciler::run`] starts everything that turns around tenants: the driver, which claims tenants that are due and
//! works on them, and the tasks that make them due: the engine's events, the periodic look at all containers, and the
//! search for what nobody owns.
//!
//! Nobody calls the loop to have something done. Whoever wants a change writes the row; a doorbell or a clock wakes the
//! driver, and it finds the same work either way. Several daemons may turn on one database: a claim is a lease with an
//! epoch, and a lapsed holder's late write is refused.
//!
//! To add a task: a file in `tasks/` with `pub(crate) async fn run(shared, stop)`, and a line in [`Reconciler::run`].

mod backoff;
mod driver;
mod prober;
mod repeats;
mod seals;
mod settings;
mod tasks;
mod tenant;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Clock, Entropy, TenantId};
use provisioner::container::ContainerEngine;
use provisioner::database::{DumpStore, TenantDatabase};
use provisioner::probe::Probe;
use provisioner::routing::RouteStore;
use storage::{Expected, Keyring, Store};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use prober::{ProbeError, Prober, ProberSettings};
pub use seals::seal_audit;
pub use settings::{Pace, RoleLimits, Settings};
pub use tasks::orphans::{Orphan, SearchError};

/// The world outside.
#[derive(Clone, Debug)]
pub struct Parts {
    pub engine: Arc<dyn ContainerEngine>,
    pub databases: Arc<dyn TenantDatabase>,
    pub dumps: Arc<dyn DumpStore>,
    pub routes: Arc<dyn RouteStore>,
    pub probe: Arc<dyn Probe>,
}

/// What all passes share.
#[derive(Debug)]
pub struct Reconciler {
    store: Store,
    keyring: Keyring,
    parts: Parts,
    settings: Settings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    versions: tenant::Versions,
    in_hand: driver::InHand,
    turns: AtomicU64,
    /// What the rows said when all was last looked at.
    expected: tokio::sync::Mutex<Expected>,
    /// How many there were at the last look at all containers.
    tenants: AtomicUsize,
    /// Which of them had containers under strange names then.
    strange: Mutex<BTreeSet<TenantId>>,
    /// The engine is heard again after it was not.
    engine_is_back: Notify,
}

/// A task of the loop has ended though nobody asked it to.
#[derive(Debug, thiserror::Error)]
#[error("the task `{0}` of the reconciler ended unasked")]
pub struct TaskEnded(&'static str);

impl Reconciler {
    #[must_use]
    pub fn new(store: Store, keyring: Keyring, parts: Parts, settings: Settings, sources: Sources) -> Arc<Self> {
        Arc::new(Self {
            store,
            keyring,
            parts,
            settings,
            clock: sources.clock,
            entropy: sources.entropy,
            versions: tenant::Versions::default(),
            in_hand: driver::InHand::default(),
            turns: AtomicU64::new(0),
            expected: tokio::sync::Mutex::default(),
            tenants: AtomicUsize::default(),
            strange: Mutex::default(),
            engine_is_back: Notify::new(),
        })
    }

    /// How often the driver has got round; a number that stays the same for long is a driver that hangs. It grows at
    /// least every few seconds, also while the database is away.
    pub fn turns(&self) -> u64 {
        self.turns.load(Ordering::Relaxed)
    }

    /// How many tenants are being worked on.
    pub fn in_hand(&self) -> usize {
        self.in_hand.len()
    }

    fn turned(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    fn looks_strange(&self, tenant: TenantId) -> bool {
        self.strange.lock().unwrap_or_else(PoisonError::into_inner).contains(&tenant)
    }

    /// When to look at a settled tenant in full again, jittered.
    fn until_full_look(&self) -> Duration {
        let period = self.settings.pace.full_look_among(self.tenants.load(Ordering::Relaxed));
        backoff::jitter(period, &*self.entropy)
    }

    /// Turns until `stop`. Passes in hand are left at their next step; the row tells where to go on.
    ///
    /// # Errors
    /// [`TaskEnded`] if one of its tasks ends by itself, which is a defect: the process should end and be restarted.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) -> Result<(), TaskEnded> {
        let mut tasks = Tasks { shared: self, stop, running: JoinSet::new() };
        tasks.start("driver", driver::run);
        tasks.start("engine events", tasks::engine_events::run);
        tasks.start("resync", tasks::resync::run);
        tasks.start("orphans", tasks::orphans::run);
        tasks.start("first runs", tasks::first_runs::run);
        tasks.start("health", tasks::health::run);
        tasks.ended().await
    }
}

/// What turns around tenants at the same time.
struct Tasks {
    shared: Arc<Reconciler>,
    stop: CancellationToken,
    /// Each ends with its name.
    running: JoinSet<&'static str>,
}

impl Tasks {
    fn start<F>(&mut self, name: &'static str, run: fn(Arc<Reconciler>, CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let task = run(Arc::clone(&self.shared), self.stop.child_token());
        self.running.spawn(async move {
            task.await;
            name
        });
    }

    /// Waits for all of them; one that ends before it should ends the others.
    async fn ended(mut self) -> Result<(), TaskEnded> {
        while let Some(ended) = self.running.join_next().await {
            if !self.stop.is_cancelled() {
                return Err(TaskEnded(ended.unwrap_or("panicked")));
            }
        }
        Ok(())
    }
}

/// Where time and randomness come from.
#[derive(Clone, Debug)]
pub struct Sources {
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
}
