//! A fake engine with a tenant's containers, and a collector that can die.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use collector::{Collector, Happening, Known, Parts, Registry, Settings};
use domain::app::{AppName, Catalogue};
use domain::image::ImageReference;
use domain::limits::Limits;
use domain::log::{LogCursor, LogEntry, LogFrame, LogStream, Wanted};
use domain::tenant::ContainerId;
use domain::{Clock as _, SystemClock, SystemEntropy, TenantId};
use futures_util::StreamExt;
use logs::{Frames, LogPage, LogQuery, LogSource as _, Place, Watch};
use provisioner::container::fake::FakeEngine;
use provisioner::container::{
    ContainerEngine, ContainerName, ContainerSpec, LogRotation, NetworkName, NetworkSpec, Ownership, Phase, PlatformId,
    Restart,
};
use storage::StorageError;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) struct Bench {
    pub(crate) engine: FakeEngine,
    pub(crate) tenant: TenantId,
    pub(crate) rows: Arc<Rows>,
    pub(crate) settings: Settings,
    network: NetworkSpec,
    folder: Arc<TempDir>,
    image: domain::image::ImageId,
    generation: Mutex<i64>,
}

/// The rows of one tenant.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) destroyed: Mutex<bool>,
    pub(crate) events: Mutex<Vec<Happening>>,
    /// How long the next question for events takes.
    pub(crate) slow: Mutex<Duration>,
}

#[async_trait]
impl Registry for Rows {
    async fn tenant(&self, _tenant: TenantId) -> Result<Option<Known>, StorageError> {
        let app = AppName::parse("fresco").unwrap();
        Ok(Some(Known { app, destroyed: *self.destroyed.lock().unwrap() }))
    }

    async fn events(&self, _tenant: TenantId, after: i64, _limit: u16) -> Result<Vec<Happening>, StorageError> {
        let slow = std::mem::take(&mut *self.slow.lock().unwrap());
        tokio::time::sleep(slow).await;
        Ok(self.events.lock().unwrap().iter().filter(|event| event.id > after).cloned().collect())
    }
}

/// A collector that runs, until it is stopped or dies.
pub(crate) struct Running {
    pub(crate) collector: Collector,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Running {
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.tasks.join_next().await;
    }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let platform = PlatformId::parse("logs").unwrap();
        let engine = FakeEngine::new(platform.clone(), Arc::new(SystemClock));
        let image = engine.add_image(&ImageReference::parse("logs:1").unwrap());
        let name = NetworkName::parse("logs").unwrap();
        let network = NetworkSpec { name, subnet: "10.201.0.0/24".to_owned(), interface: "fr-logs".to_owned() };
        engine.ensure_network(&network).await.unwrap();
        let folder = TempDir::new().unwrap();
        let settings = Settings {
            harvest: Duration::from_secs(3600),
            batch: Duration::from_millis(5),
            flush: Duration::from_millis(20),
            look_patience: Duration::from_secs(20),
            ..Settings::new(folder.path().join("logs"), platform)
        };
        let tenant = TenantId::generate(SystemClock.now(), &SystemEntropy);
        let folder = Arc::new(folder);
        Self { engine, tenant, rows: Arc::default(), settings, network, folder, image, generation: Mutex::new(0) }
    }

    /// Another tenant of the same platform, as it is so far.
    pub(crate) fn neighbour(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            tenant: TenantId::generate(SystemClock.now(), &SystemEntropy),
            rows: Arc::clone(&self.rows),
            settings: self.settings.clone(),
            network: self.network.clone(),
            folder: Arc::clone(&self.folder),
            image: self.image.clone(),
            generation: Mutex::new(0),
        }
    }

    /// A collector that does nothing by itself; dropping it is its death.
    pub(crate) fn idle(&self) -> Collector {
        let parts = Parts {
            engine: Arc::new(self.engine.clone()),
            registry: Arc::clone(&self.rows) as _,
            catalogue: Catalogue::shipped(),
            clock: Arc::new(SystemClock),
        };
        Collector::new(parts, self.settings.clone())
    }

    pub(crate) fn running(&self) -> Running {
        let (collector, stop) = (self.idle(), CancellationToken::new());
        let mut tasks = JoinSet::new();
        let (turning, ended) = (collector.clone(), stop.clone());
        tasks.spawn(async move { turning.run(ended).await });
        Running { collector, stop, tasks }
    }

    pub(crate) fn book(&self) -> std::path::PathBuf {
        self.folder.path().join("logs").join(self.tenant.simple())
    }

    pub(crate) fn name(&self, phase: Phase) -> ContainerName {
        match phase {
            Phase::Serve => ContainerName::serve(self.tenant),
            Phase::Release => ContainerName::release(self.tenant, 1),
            Phase::Probe => ContainerName::probe(self.tenant),
        }
    }

    /// Of the container that has that name now.
    pub(crate) async fn id(&self, phase: Phase) -> ContainerId {
        self.engine.find_container(&self.name(phase)).await.unwrap().unwrap().id
    }

    /// A container of a new generation, started.
    pub(crate) async fn container(&self, phase: Phase) -> ContainerId {
        let generation = {
            let mut generation = self.generation.lock().unwrap();
            *generation += 1;
            *generation
        };
        let spec = ContainerSpec {
            name: self.name(phase),
            image: self.image.clone(),
            owner: Ownership {
                platform: self.settings.platform.clone(),
                tenant: self.tenant,
                phase,
                generation,
                hash: domain::tenant::hash(&generation),
                version: None,
            },
            labels: BTreeMap::new(),
            command: None,
            user: None,
            environment: BTreeMap::new(),
            limits: Limits::DEFAULT,
            writable: Vec::new(),
            writable_root: false,
            network: self.network.name.clone(),
            port: 3000,
            restart: Restart::UnlessStopped,
            grace: Duration::from_secs(1),
            log: LogRotation::DEFAULT,
            cgroup_parent: None,
        };
        let id = self.engine.create_container(&spec).await.unwrap();
        self.engine.start_container(&id).await.unwrap();
        id
    }

    /// The container that serves says numbers, an odd one as an error.
    pub(crate) fn say(&self, numbers: impl IntoIterator<Item = u32>) {
        for number in numbers {
            let stream = if number % 2 == 1 { LogStream::Stderr } else { LogStream::Stdout };
            self.engine.say(&self.name(Phase::Serve), stream, &format!("line {number}"));
        }
    }

    pub(crate) fn say_text(&self, text: &str) {
        self.engine.say(&self.name(Phase::Serve), LogStream::Stdout, text);
    }

    pub(crate) async fn page(&self, collector: &Collector, place: Place, limit: u32) -> LogPage {
        self.query(collector, place, limit, Wanted::default()).await
    }

    pub(crate) async fn query(&self, collector: &Collector, place: Place, limit: u32, wanted: Wanted) -> LogPage {
        let query = LogQuery { place, since: None, until: None, wanted, limit };
        collector.read(self.tenant, query).await.unwrap()
    }

    /// All that is kept.
    pub(crate) async fn all(&self, collector: &Collector) -> Vec<LogEntry> {
        self.page(collector, Place::Oldest, 1_000_000).await.entries
    }

    pub(crate) async fn watch(&self, collector: &Collector, after: Option<LogCursor>) -> Viewer {
        let watch = Watch { after, wanted: Wanted::default() };
        Viewer(collector.watch(self.tenant, watch).await.unwrap())
    }
}

/// One who watches.
pub(crate) struct Viewer(pub(crate) Frames);

impl Viewer {
    pub(crate) async fn frame(&mut self) -> Option<LogFrame> {
        let frame = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("a frame within 10 s");
        frame.map(|json| serde_json::from_slice(&json).unwrap())
    }

    /// The numbers that come, until that one; with the cursor of the last.
    pub(crate) async fn until(&mut self, last: u32) -> (Vec<u32>, LogCursor) {
        let mut numbers = Vec::new();
        loop {
            match self.frame().await.expect("a frame") {
                LogFrame::Lines { lines } => {
                    for line in lines {
                        numbers.extend(number(&line.text));
                        if number(&line.text) == Some(last) {
                            return (numbers, line.cursor);
                        }
                    }
                }
                LogFrame::Container(_) => {}
                other @ (LogFrame::Lagged { .. } | LogFrame::Gap(_) | LogFrame::Heartbeat | LogFrame::End { .. }) => {
                    panic!("{other:?} after {numbers:?}")
                }
            }
        }
    }
}

pub(crate) fn number(text: &str) -> Option<u32> {
    text.strip_prefix("line ")?.parse().ok()
}

/// The numbers among entries.
pub(crate) fn numbers(entries: &[LogEntry]) -> Vec<u32> {
    let number = |entry: &LogEntry| match entry {
        LogEntry::Line(line) => number(&line.text),
        LogEntry::Gap(_) | LogEntry::Container(_) => None,
    };
    entries.iter().filter_map(number).collect()
}

pub(crate) fn count(from: u32, to: u32) -> Vec<u32> {
    (from..=to).collect()
}

/// Waits until it holds.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds().await {
        assert!(Instant::now() < deadline, "not within 10 s: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
