//! Tenants' logs: who reads them, and who asks.

use std::sync::Arc;

use anyhow::Context;
use collector::{Collector, Parts, Settings};
use domain::SystemClock;
use domain::app::Catalogue;
use logs::{LogSource, Remote, Slot};
use provisioner::container::{ContainerEngine, LogRotation};
use storage::{Bell, Doorbell, Store};
use tokio::net::UnixListener;

use crate::config::{Config, Role};

/// Where the API asks: in this process, or at the worker's socket.
pub(crate) fn source(config: &Config, role: Role, slot: &Slot) -> Arc<dyn LogSource> {
    if role.has_worker() { Arc::new(slot.clone()) } else { Arc::new(Remote::new(config.logs.socket.clone())) }
}

/// The worker's socket; `None` where the API is in this process.
pub(crate) fn listen(config: &Config, role: Role) -> anyhow::Result<Option<UnixListener>> {
    if role.has_api() {
        return Ok(None);
    }
    let path = &config.logs.socket;
    let listener = logs::listen(path);
    let listener = listener.with_context(|| {
        format!(
            "can't listen on {}; is its folder there, and is no other frescod running? `logs.socket` may name another",
            path.display()
        )
    })?;
    Ok(Some(listener))
}

pub(crate) fn collector(
    config: &Config,
    store: &Store,
    catalogue: &Catalogue,
    engine: Arc<dyn ContainerEngine>,
) -> Collector {
    let parts =
        Parts { engine, registry: Arc::new(store.clone()), catalogue: catalogue.clone(), clock: Arc::new(SystemClock) };
    Collector::new(parts, settings(config))
}

/// Wakes it when something has happened to a tenant; never ends.
pub(crate) async fn ring(store: &Store, collector: &Collector) {
    let mut bell = Doorbell::listen(store, Bell::News);
    loop {
        bell.rung().await;
        collector.ring();
    }
}

fn settings(config: &Config) -> Settings {
    let logs = &config.logs;
    let usual = Settings::new(logs.directory.clone(), config.tenants.platform_id.clone());
    Settings {
        book: logbook::Options {
            size: logs.size.0,
            // What is forgotten at once.
            segment: (logs.size.0 / 16).clamp(256 << 10, 16 << 20),
            age: i64::try_from(logs.age.0.as_nanos()).unwrap_or(i64::MAX),
            ..usual.book
        },
        harvest: logs.harvest.0,
        at_once: logs.harvest_at_once,
        removal_patience: logs.removal_patience.0,
        longest_line: logs.longest_line,
        batch: logs.batch.0,
        batch_lines: logs.batch_lines.into(),
        viewer_batches: logs.viewer_batches,
        scan: logs.scan,
        rotation: LogRotation { size: config.engine.log_size, files: config.engine.log_files },
        ..usual
    }
}
