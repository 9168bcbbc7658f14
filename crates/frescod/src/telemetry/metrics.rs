//! What is counted and measured, for Prometheus: `docs/operations/monitoring.md` says what each means.
//!
//! Parts count where they work, through the `metrics` facade; here it is gathered, and written down when somebody asks. What
//! stands in the database is asked for then. Labels are words of ours: no tenant's name, nothing that people typed.

use std::sync::Arc;
use std::time::Duration;

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use anyhow::Context;
use api::Bounds;
use domain::tenant::Status;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use storage::{Figures, Store};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Role};
use crate::lifecycle::Lifecycle;

/// Upper bounds, in seconds: from a quick statement to a slow deployment.
const BUCKETS: [f64; 13] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0];
/// How often measurements are put into their buckets, if nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);
/// What the database says comes within that, or not at all.
const PATIENCE: Duration = Duration::from_secs(3);
const STATUSES: [Status; 8] = [
    Status::Pending,
    Status::Provisioning,
    Status::Active,
    Status::Stopped,
    Status::Error,
    Status::Destroying,
    Status::Destroyed,
    Status::Unknown,
];

/// Whom the database's numbers come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stores {
    pub(crate) api: Option<Store>,
    pub(crate) worker: Option<Store>,
}

/// The listener, open already, and what is gathered.
#[derive(Debug)]
pub(crate) struct Exposition {
    listener: TcpListener,
    handle: PrometheusHandle,
}

impl Exposition {
    /// Begins to gather; `None` where the operator wants none.
    ///
    /// # Errors
    /// If the listener's address is taken.
    pub(crate) async fn prepare(config: &Config, role: Role) -> anyhow::Result<Option<Self>> {
        let (key, listener) = match role {
            Role::All | Role::Api => ("listen", config.monitoring.listen),
            Role::Worker => ("worker_listen", config.monitoring.worker_listen),
        };
        let Some(address) = listener.0 else { return Ok(None) };
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("can't listen on {address} for metrics; `monitoring.{key}` may name another port, or \"off\"")
        })?;
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?
            .build_recorder();
        let handle = recorder.handle();
        ::metrics::set_global_recorder(recorder).context("something is counted elsewhere already")?;
        describe();
        gauge!("fresco_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        Ok(Some(Self { listener, handle }))
    }

    /// Answers until the end.
    pub(crate) fn start(self, lifecycle: &mut Lifecycle, stores: Stores) {
        lifecycle.start("metrics", |stop| self.run(stores, stop));
    }

    async fn run(self, stores: Stores, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { listener, handle } = self;
        tracing::info!(address = %listener.local_addr()?, "metrics are at /metrics");
        let (stores, rendered) = (Arc::new(stores), handle.clone());
        let router = api::metrics_router(move || {
            let (stores, handle) = (Arc::clone(&stores), rendered.clone());
            async move {
                stores.ask().await;
                handle.render()
            }
        });
        let bounds = Bounds { connections: 16, ..Bounds::default() };
        tokio::select! {
            () = api::serve(listener, router, bounds, stop) => Ok(()),
            () = keep_up(&handle) => Ok(()),
        }
    }
}

/// Never ends.
async fn keep_up(handle: &PrometheusHandle) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        handle.run_upkeep();
    }
}

impl Stores {
    /// Writes down what the database says now; nothing is said of what can't be known.
    async fn ask(&self) {
        for (role, store) in [("api", &self.api), ("worker", &self.worker)] {
            let Some(size) = store.as_ref().map(Store::pool_size) else { continue };
            let idle = u32::try_from(size.idle).unwrap_or(size.open).min(size.open);
            gauge!("fresco_database_connections", "role" => role, "state" => "idle").set(idle);
            gauge!("fresco_database_connections", "role" => role, "state" => "busy").set(size.open - idle);
        }
        let Some(worker) = &self.worker else { return };
        match timeout(PATIENCE, worker.figures()).await {
            Ok(Ok(figures)) => show(Some(&figures)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the database's numbers can't be had");
                show(None);
            }
            Err(_) => show(None),
        }
    }
}

/// A number that is not known is none.
fn show(figures: Option<&Figures>) {
    let of = |value: fn(&Figures) -> f64| figures.map_or(f64::NAN, value);
    gauge!("fresco_database_up").set(if figures.is_some() { 1.0 } else { 0.0 });
    gauge!("fresco_queue_due").set(of(|figures| figures.due as f64));
    gauge!("fresco_queue_oldest_seconds").set(of(|figures| figures.oldest_due));
    gauge!("fresco_deployments_open").set(of(|figures| figures.open_deployments as f64));
    gauge!("fresco_instances_cpu_cores").set(of(|figures| figures.cpu));
    gauge!("fresco_instances_memory_bytes").set(of(|figures| figures.memory as f64));
    for status in STATUSES.map(Status::as_str) {
        let count = figures.map_or(f64::NAN, |figures| {
            figures.tenants.iter().find(|(known, _)| known == status).map_or(0.0, |(_, count)| *count as f64)
        });
        gauge!("fresco_tenants", "status" => status).set(count);
    }
}

fn describe() {
    describe_gauge!("fresco_build_info", "The running version");
    describe_counter!("fresco_http_requests_total", "Requests by method, route and class of status");
    describe_histogram!("fresco_http_request_seconds", Unit::Seconds, "How long requests took");
    describe_gauge!("fresco_sockets", "Open WebSockets, of tenants' logs and metrics, and of events");
    describe_counter!("fresco_signups_total", "Accounts made");
    describe_counter!("fresco_deployments_asked_total", "What people asked for, by action");
    describe_counter!("fresco_deployments_ended_total", "How what they asked for ended");
    describe_gauge!("fresco_deployments_open", "What people asked for and that has not ended");
    describe_histogram!("fresco_reconcile_pass_seconds", Unit::Seconds, "Passes of the loop, by how they ended");
    describe_histogram!("fresco_reconcile_step_seconds", Unit::Seconds, "Steps, by name and outcome");
    describe_gauge!("fresco_queue_due", "Tenants that are due and that nobody works on");
    describe_gauge!("fresco_queue_oldest_seconds", Unit::Seconds, "How long the first of them has been due");
    describe_gauge!("fresco_tenants", "Tenants by status");
    describe_gauge!("fresco_instances_cpu_cores", "Cores that all instances use together");
    describe_gauge!("fresco_instances_memory_bytes", Unit::Bytes, "Memory that all instances use together");
    describe_gauge!("fresco_engine_log_streams", "Logs that the engine streams to the platform");
    describe_histogram!("fresco_engine_call_seconds", Unit::Seconds, "Calls of the container engine");
    describe_histogram!("fresco_tenants_database_call_seconds", Unit::Seconds, "Calls of the tenants' PostgreSQL");
    describe_histogram!(
        "fresco_database_begin_seconds",
        Unit::Seconds,
        "How long a transaction of the platform's own database took to begin, a free connection included"
    );
    describe_gauge!("fresco_database_connections", "Connections to the platform's own database");
    describe_gauge!("fresco_database_up", "Whether the platform's own database answered when this was asked for");
}
