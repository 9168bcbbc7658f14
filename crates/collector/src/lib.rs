//! Reads what tenants log from the engine, keeps each line once, and shows it to whoever watches.
//!
//! ```text
//! engine ─► reading (joined, told apart from what is kept, understood) ─► ledger ─┬─► book: on disk, with where reading is
//!              ▲ by period, before a removal, and while somebody watches          └─► hub: batches, put together once ─► viewers
//! ```
//!
//! | module | what it does |
//! |---|---|
//! | [`look`] | which containers a tenant has, and what has happened to them |
//! | [`reading`] | one container's log, from where it was left |
//! | [`doubts`] | when a log that is followed is not to be believed |
//! | [`ledger`] | one tenant's log while it is open: book and viewers in one order |
//! | [`marks`] | containers that went while the disk took nothing |
//! | [`open`] | which ledgers are open |
//! | [`hub`] | batches and slow viewers |
//! | [`told`] | what viewers know that is not on disk |
//! | [`waiting`] | what stands before the next line that is later |
//! | [`whole`] | whether a line that is not in the book may still come |
//! | [`follow`] | a tenant that is watched |
//! | [`harvest`] | tenants that are not, containers that are to be removed, logs that are to be forgotten |
//! | [`guard`] | the engine for those who remove containers |
//! | [`pages`], [`watch`] | what is asked |
//! | [`resume`] | where somebody goes on who looks through a filter |
//!
//! Invariants: a line is kept once, in the engine's order, whatever dies; what is missing is marked; a container is read at
//! most once at a time, however many watch; nothing waits for a viewer, and for the disk only who reads more than may wait for it;
//! memory and descriptors are bounded by the settings, for each tenant that has containers or is looked at, and each who watches.

mod doubts;
mod follow;
mod guard;
mod harvest;
mod hub;
mod ledger;
mod look;
mod marks;
mod open;
mod pages;
mod reading;
mod record;
mod registry;
mod resume;
mod settings;
mod state;
mod told;
mod waiting;
mod watch;
mod whole;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::app::{AppName, Catalogue};
use domain::log::{EndReason, Understanding};
use domain::{Clock, TenantId};
use futures_util::StreamExt;
use logs::{Frames, LogPage, LogQuery, LogSource, LogsError, Watch};
use provisioner::container::{ContainerEngine, EngineError};
use semver::Version;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ledger::{Hands, lock};
use crate::marks::Marks;
use crate::open::Ledgers;

pub use registry::{Happening, Known, Registry};
pub use settings::Settings;

/// After which the engine's events are asked for again.
const RECONNECT: Duration = Duration::from_secs(2);

/// What the collector works with.
#[derive(Clone, Debug)]
pub struct Parts {
    pub engine: Arc<dyn ContainerEngine>,
    pub registry: Arc<dyn Registry>,
    pub catalogue: Catalogue,
    pub clock: Arc<dyn Clock>,
}

/// All tenants' logs. Clones are the same.
#[derive(Clone, Debug)]
pub struct Collector(Arc<Shared>);

/// An app, and its version where that is known.
type Edition = (AppName, Option<Version>);

#[derive(Debug)]
pub(crate) struct Shared {
    engine: Arc<dyn ContainerEngine>,
    registry: Arc<dyn Registry>,
    catalogue: Catalogue,
    clock: Arc<dyn Clock>,
    settings: Settings,
    ledgers: Ledgers,
    apps: Mutex<HashMap<TenantId, AppName>>,
    rules: Mutex<HashMap<Edition, Arc<Understanding>>>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Grows as it gets on with the logs that nobody watches.
    turns: AtomicU64,
}

impl Collector {
    #[must_use]
    pub fn new(parts: Parts, settings: Settings) -> Self {
        let Parts { engine, registry, catalogue, clock } = parts;
        let tasks = TaskTracker::new();
        let (places, marks) = (Semaphore::new(settings.writes.max(1)), Marks::new(settings.directory.clone()));
        let hands = Hands { tasks: tasks.clone(), places: Arc::new(places), marks: Arc::new(marks) };
        Self(Arc::new(Shared {
            engine,
            registry,
            catalogue,
            clock,
            settings,
            ledgers: Ledgers::new(hands),
            apps: Mutex::default(),
            rules: Mutex::default(),
            tasks,
            stop: CancellationToken::new(),
            turns: AtomicU64::new(0),
        }))
    }

    /// The engine for those who work on tenants: it removes no container before its log is kept.
    #[must_use]
    pub fn guard(&self) -> Arc<dyn ContainerEngine> {
        Arc::new(guard::Guarded { engine: Arc::clone(&self.0.engine), shared: Arc::clone(&self.0) })
    }

    /// Keeps up with all logs until `stop`; then all streams end, and what waits is written.
    pub async fn run(&self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.0.harvest() => {}
            () = self.0.listen() => {}
        }
        self.0.stop.cancel();
        for ledger in self.0.ledgers.all() {
            ledger.core().close(EndReason::Unavailable);
        }
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Wakes those that follow a tenant: something has happened to it.
    pub fn ring(&self) {
        for ledger in self.0.ledgers.all() {
            if ledger.is_followed() {
                ledger.bell.notify_one();
            }
        }
    }

    /// Grows with each log that is read; a number that stays the same for long, and longer than `harvest`, is a collector that has
    /// come to a stop.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.0.turns.load(Ordering::Relaxed)
    }

    /// How many logs are followed, and how many watch.
    #[must_use]
    pub fn watched(&self) -> (usize, usize) {
        let ledgers = self.0.ledgers.all();
        let followed = ledgers.iter().filter(|ledger| ledger.is_followed()).count();
        (followed, ledgers.iter().map(|ledger| ledger.core().hub.viewers()).sum())
    }

    /// How many logs are open, and how many bytes of them all wait to be written.
    #[must_use]
    pub fn open(&self) -> (usize, usize) {
        let ledgers = self.0.ledgers.all();
        (ledgers.len(), ledgers.iter().map(|ledger| ledger.core().book.waiting()).sum())
    }
}

impl Shared {
    pub(crate) fn turned(&self) {
        self.turns.fetch_add(1, Ordering::Relaxed);
    }

    async fn app_of(&self, tenant: TenantId) -> Option<AppName> {
        if let Some(app) = lock(&self.apps).get(&tenant).cloned() {
            return Some(app);
        }
        let app = self.registry.tenant(tenant).await.ok()??.app;
        lock(&self.apps).insert(tenant, app.clone());
        Some(app)
    }

    fn rules_of(&self, app: &AppName, version: Option<&Version>) -> Arc<Understanding> {
        let mut rules = lock(&self.rules);
        let compile =
            || {
                let manifest = self.catalogue.get(app).ok();
                Arc::new(manifest.map_or_else(Understanding::default, |manifest| {
                    Understanding::new(&manifest.profile_of(version).logs)
                }))
            };
        Arc::clone(rules.entry((app.clone(), version.cloned())).or_insert_with(compile))
    }

    /// Hears the engine's events for those that are followed; what is missed they find by themselves.
    async fn listen(&self) {
        loop {
            if let Err(error) = self.hear().await {
                tracing::debug!(%error, "the engine's events stopped; listening again");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn hear(&self) -> Result<(), EngineError> {
        let mut events = self.engine.events(&self.settings.platform).await?;
        while let Some(event) = events.next().await {
            let event = event?;
            let Some(ledger) = self.ledgers.get(event.owner.tenant) else { continue };
            if let Some(phase) = look::log_phase(event.owner.phase).filter(|_| event.action == "start") {
                ledger.note_start((phase, event.owner.generation), event.at);
            }
            if ledger.is_followed() {
                ledger.bell.notify_one();
            }
        }
        Ok(())
    }
}

#[async_trait]
impl LogSource for Collector {
    async fn read(&self, tenant: TenantId, query: LogQuery) -> Result<LogPage, LogsError> {
        let ledger = self.0.ledger(tenant).await.map_err(pages::unreadable)?;
        let scan = self.0.settings.scan.0;
        let page = self.0.ask(&ledger, move |view| pages::page(view, &query, scan)).await?;
        let core = ledger.core();
        let as_of = if ledger.is_followed() && core.is_whole() { Some(self.0.clock.now()) } else { core.as_of };
        Ok(LogPage { as_of, ..page })
    }

    async fn watch(&self, tenant: TenantId, watch: Watch) -> Result<Frames, LogsError> {
        let ledger = self.0.ledger(tenant).await.map_err(pages::unreadable)?;
        watch::watch(&self.0, ledger, watch).await
    }
}
