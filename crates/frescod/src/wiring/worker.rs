//! The worker's side: the reconciler and what it works with.

use std::sync::Arc;
use std::time::Duration;

use ::logs::Slot;
use collector::Collector;
use domain::app::Catalogue;
use domain::usage::{Hold, Thresholds};
use domain::{Platform, SystemClock, SystemEntropy};
use provisioner::container::docker::DockerEngine;
use provisioner::container::{ContainerEngine, EngineError};
use provisioner::database::{PostgresTenants, TenantDatabase};
use provisioner::probe::HttpProbe;
use provisioner::routing::RouteFiles;
use provisioner::usage::Places;
use reconciler::{Pace, Parts, Prober, ProberSettings, Reconciler, RoleLimits, Settings, Sources, seal_audit};
use sampler::{MeasureSettings, Measurer, Sampler, Settings as SamplerSettings};
use storage::{Keyring, Store};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use super::parts::{self, Side};
use super::{apps, logs};
use crate::config::{Config, Role};
use crate::lifecycle::{Lifecycle, Pulse};

/// The pause between two looks for an engine that isn't there.
const PAUSE: Duration = Duration::from_secs(2);
/// How often we look whether the driver has turned.
const BEAT: Duration = Duration::from_secs(1);

/// Everything but the engine, which may come later than we.
#[derive(Debug)]
pub(crate) struct Worker {
    config: Config,
    store: Store,
    keyring: Keyring,
    catalogue: Catalogue,
    platform: Platform,
    databases: Arc<PostgresTenants>,
    routes: Arc<RouteFiles>,
    /// Where the API of another process asks for logs.
    socket: Option<UnixListener>,
    /// Where that of this one does.
    slot: Slot,
}

impl Worker {
    /// Reads the secrets and connects to the platform's database, whose schema must be this program's.
    pub(crate) async fn prepare(config: &Config, role: Role, slot: Slot) -> anyhow::Result<Self> {
        let (catalogue, databases) = (apps::catalogue(config)?, parts::databases(config)?);
        let worker = Self {
            keyring: parts::keyring(config)?,
            catalogue,
            platform: parts::platform(config),
            databases: Arc::new(databases),
            routes: parts::routes(config).await?,
            store: parts::store(config, Side::Worker).await?,
            socket: logs::listen(config, role)?,
            slot,
            config: config.clone(),
        };
        worker.store.check().await?;
        worker.store.note_keys(&worker.keyring).await?;
        Ok(worker)
    }

    pub(crate) fn store(&self) -> Store {
        self.store.clone()
    }

    /// Starts its tasks.
    pub(crate) fn start(mut self, lifecycle: &mut Lifecycle) {
        // From the first moment on: who asks before the engine has answered is told so.
        if let Some(listener) = self.socket.take() {
            let logs = Arc::new(self.slot.clone());
            lifecycle.start("log socket", |stop| async move {
                tokio::select! {
                    () = ::logs::serve(listener, logs) => {}
                    () = stop.cancelled() => {}
                }
                Ok(())
            });
        }
        let store = self.store.clone();
        lifecycle.start("seals", |stop| async move {
            seal_audit(store, Arc::new(SystemEntropy), stop).await;
            Ok(())
        });
        let pulse = lifecycle.pulse("reconciler");
        lifecycle.start("reconciler", |stop| self.run(pulse, stop));
    }

    /// Turns until `stop`. Waits for the engine: people can be told how things stand while it is away.
    async fn run(self, pulse: Pulse, stop: CancellationToken) -> anyhow::Result<()> {
        let engine = tokio::select! {
            engine = engine(&self.config, &pulse) => engine?,
            () = stop.cancelled() => return Ok(()),
        };
        let collector = logs::collector(&self.config, &self.store, &self.catalogue, Arc::new(engine));
        self.slot.fill(Arc::new(collector.clone()));
        let engine = collector.guard();
        let (prober, sampler, measurer) = (self.prober(&engine), self.sampler(&engine), self.measurer());
        let parts = Parts {
            engine,
            dumps: Arc::new(parts::dumps(&self.config, &self.databases)),
            databases: self.databases,
            routes: self.routes,
            probe: Arc::new(HttpProbe),
        };
        let settings = Settings {
            platform_id: self.config.tenants.platform_id.clone(),
            platform: self.platform,
            catalogue: self.catalogue,
            network: parts::network(&self.config),
            roles: role_limits(&self.config),
            quarantine: self.config.tenants.quarantine.0,
            pace: pace(&self.config),
        };
        let reconciler = Reconciler::new(self.store.clone(), self.keyring, parts, settings, sources());
        let (turning, ended) = (Arc::clone(&reconciler), stop.child_token());
        let tenants = async {
            let ran = tokio::select! {
                ran = turning.run(stop.clone()) => ran.map_err(Into::into),
                () = beat(&pulse, &reconciler) => Ok(()),
            };
            ended.cancel();
            ran
        };
        let logs = collecting(&self.store, &collector, ended.clone());
        let looking = async {
            tokio::join!(prober.run(ended.clone()), sampler.run(ended.clone()), measurer.run(ended.clone()), logs)
        };
        let (ran, _) = tokio::join!(tenants, looking);
        self.store.close().await;
        ran
    }

    fn sampler(&self, engine: &Arc<dyn ContainerEngine>) -> Sampler {
        let metrics = &self.config.metrics;
        let interface = parts::network(&self.config).interface;
        let settings = SamplerSettings {
            platform_id: self.config.tenants.platform_id.clone(),
            places: metrics.from_host.then(|| Places::usual(&interface)),
            every: sampler::SWEEP,
            watched: metrics.watched.0,
            kept: parts::usage_kept(&self.config),
            thresholds: Thresholds {
                above: f64::from(metrics.high) / 100.0,
                below: f64::from(metrics.calm) / 100.0,
                hold: Hold { begin: metrics.high_for.0, end: metrics.calm_for.0 },
                disk_above: f64::from(metrics.disk_high) / 100.0,
                disk_below: f64::from(metrics.disk_calm) / 100.0,
            },
            disks: parts::disks(&self.config),
        };
        Sampler::new(self.store.clone(), Arc::clone(engine), settings, Arc::new(SystemClock))
    }

    fn measurer(&self) -> Measurer {
        let settings = MeasureSettings {
            every: self.config.metrics.sizes.0,
            round: sampler::ROUND,
            logs: self.config.logs.directory.clone(),
            dumps: self.config.dumps.directory.clone(),
        };
        let databases: Arc<dyn TenantDatabase> = self.databases.clone();
        Measurer::new(self.store.clone(), databases, settings, Arc::new(SystemClock))
    }

    fn prober(&self, engine: &Arc<dyn ContainerEngine>) -> Prober {
        let settings = ProberSettings {
            platform_id: self.config.tenants.platform_id.clone(),
            platform: self.platform.clone(),
            catalogue: self.catalogue.clone(),
            network: self.config.engine.network.clone(),
            policy: parts::policy(&self.config),
            after_deploy: self.config.probe.after_deploy,
            deadline: self.config.probe.deadline.0,
        };
        Prober::new(self.store.clone(), self.keyring.clone(), Arc::clone(engine), settings, sources())
    }
}

/// Keeps up with tenants' logs until `stop`.
async fn collecting(store: &Store, collector: &Collector, stop: CancellationToken) {
    tokio::select! {
        () = collector.run(stop) => {}
        () = logs::ring(store, collector) => {}
    }
}

fn sources() -> Sources {
    Sources { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
}

/// As long as the driver turns; never ends.
async fn beat(pulse: &Pulse, reconciler: &Reconciler) {
    let (mut ticks, mut seen) = (tokio::time::interval(BEAT), None);
    loop {
        ticks.tick().await;
        let turns = Some(reconciler.turns());
        if turns != seen {
            pulse.say(match reconciler.in_hand() {
                0 => "waits for work".to_owned(),
                1 => "works on 1 tenant".to_owned(),
                many => format!("works on {many} tenants"),
            });
            seen = turns;
        }
    }
}

/// An engine that refuses us is an error; one that isn't there is waited for.
async fn engine(config: &Config, pulse: &Pulse) -> anyhow::Result<DockerEngine> {
    loop {
        match parts::engine(config).await {
            Ok(engine) => return Ok(engine),
            Err(error) if is_unavailable(&error) => {
                tracing::warn!(error = format!("{error:#}"), "waiting for the container engine");
                pulse.say("waits for the container engine");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn is_unavailable(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(EngineError::Unavailable { .. }))
}

fn role_limits(config: &Config) -> RoleLimits {
    let tenants = &config.tenants;
    RoleLimits {
        connection_limit: tenants.role_connections,
        statement_timeout: tenants.role_statement_timeout.0,
        idle_in_transaction_timeout: tenants.role_idle_in_transaction_timeout.0,
    }
}

fn pace(config: &Config) -> Pace {
    let pace = &config.reconciler;
    Pace {
        slots: pace.slots,
        background_slots: pace.background_slots,
        lease: pace.lease.0,
        backoff_first: pace.backoff_first.0,
        backoff_most: pace.backoff_most.0,
        unknown_most: pace.unknown_most.0,
        full_look: pace.full_look.0,
        full_looks_per_second: pace.full_looks_per_second,
        resync: pace.resync.0,
        health: pace.health.0,
        health_asks_per_second: pace.health_asks_per_second,
        orphans: pace.orphans.0,
        first_run: pace.first_run.0,
        first_run_sweep: pace.first_run_sweep.0,
        failure_lines: pace.failure_lines,
        release_log: pace.release_log,
        switch: pace.switch.0,
        stop_grace: pace.stop_grace.0,
    }
}
