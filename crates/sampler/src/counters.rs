//! Where counters are read: in this host's files, or by the engine for a container that is not among them.

use std::sync::{Arc, Mutex, PoisonError};

use domain::TenantId;
use domain::tenant::ContainerId;
use domain::usage::Reading;
use futures_util::future::join_all;
use provisioner::container::{ContainerEngine, Endpoint, EngineError};
use provisioner::usage::{HostUsage, Places};
use tokio::time::Instant;

/// How many containers the engine is asked about at once.
const AT_ONCE: usize = 4;

/// A container that is counted.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) tenant: TenantId,
    pub(crate) id: ContainerId,
    pub(crate) endpoint: Option<Endpoint>,
}

/// What a look at a container's counters found.
#[derive(Clone, Debug)]
pub(crate) enum Look {
    Read {
        /// When: another's answer may have taken longer.
        at: Instant,
        reading: Reading,
    },
    /// It does not run.
    Stopped,
    /// It can't be read now.
    Unknown,
}

#[derive(Debug)]
pub(crate) struct Counters {
    engine: Arc<dyn ContainerEngine>,
    host: Option<Arc<Mutex<HostUsage>>>,
}

impl Counters {
    pub(crate) fn new(engine: Arc<dyn ContainerEngine>, places: Option<&Places>) -> Self {
        let host = places.and_then(HostUsage::new).map(|host| Arc::new(Mutex::new(host)));
        if places.is_some() && host.is_none() {
            tracing::warn!("this host's cgroups can't be read, so the engine is asked what instances use");
        }
        Self { engine, host }
    }

    /// Closes what is open of any other.
    pub(crate) fn keep_only(&self, containers: &[Counted]) {
        if let Some(host) = &self.host {
            host.lock().unwrap_or_else(PoisonError::into_inner).keep_only(&named(containers));
        }
    }

    /// A look at each, in their order.
    pub(crate) async fn read(&self, containers: &[Counted]) -> Vec<Look> {
        let on_host = self.on_host(named(containers)).await;
        let mut looks: Vec<Look> = on_host
            .into_iter()
            .map(|read| read.map_or(Look::Unknown, |(at, reading)| Look::Read { at, reading }))
            .collect();
        let missing: Vec<usize> =
            (0..containers.len()).filter(|place| matches!(looks[*place], Look::Unknown)).collect();
        for places in missing.chunks(AT_ONCE) {
            let asked = join_all(places.iter().map(|place| self.ask(&containers[*place]))).await;
            for (place, look) in places.iter().zip(asked) {
                looks[*place] = look;
            }
        }
        looks
    }

    async fn on_host(&self, containers: Vec<(ContainerId, Option<Endpoint>)>) -> Vec<Option<(Instant, Reading)>> {
        let nothing = vec![None; containers.len()];
        let Some(host) = self.host.clone() else { return nothing };
        let read = move || {
            let readings = host.lock().unwrap_or_else(PoisonError::into_inner).read(&containers);
            let at = Instant::now();
            readings.into_iter().map(|reading| Some((at, reading?))).collect()
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(readings) => readings,
            Err(error) => {
                tracing::error!(%error, "reading this host's counters failed");
                nothing
            }
        }
    }

    async fn ask(&self, container: &Counted) -> Look {
        match self.engine.usage(&container.id).await {
            Ok(Some(reading)) => Look::Read { at: Instant::now(), reading },
            Ok(None) => Look::Stopped,
            Err(EngineError::NotFound { .. }) => Look::Stopped,
            Err(error) => {
                tracing::debug!(tenant.id = %container.tenant, %error, "what it uses can't be read");
                Look::Unknown
            }
        }
    }
}

fn named(containers: &[Counted]) -> Vec<(ContainerId, Option<Endpoint>)> {
    containers.iter().map(|container| (container.id.clone(), container.endpoint)).collect()
}
