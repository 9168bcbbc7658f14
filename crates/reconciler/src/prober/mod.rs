//! Runs the hostile probes that are due: one at a time, beside everything else, in the way of nobody.
//!
//! What is due stands in a table of its own. It needs no claim of the tenant: a probe changes nothing of it, and what it
//! makes (`fresco_probe_{id}`, one container) is removed when it ends, or, if its worker died, by the next worker's look.
//!
//! Invariants: one probe at a time for a tenant, by a lease; a tenant that is being destroyed is not probed, and a probe
//! that is under way then is cut short.

mod errand;
mod image;

use std::sync::Arc;
use std::time::Duration;

use domain::app::Catalogue;
use domain::entropy::random;
use domain::hostile::Report;
use domain::{Clock, Entropy, Platform, TenantId};
use provisioner::container::{ContainerEngine, EngineError, NetworkName, Phase, PlatformId};
use provisioner::firewall::Policy;
use storage::{Bell, Doorbell, Keyring, LeaseOwner, StorageError, Store};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::repeats::Repeats;
use crate::{Sources, backoff};

pub use errand::ProbeError;

/// What the operator has settled about probes.
#[derive(Clone, Debug)]
pub struct ProberSettings {
    pub platform_id: PlatformId,
    pub platform: Platform,
    pub catalogue: Catalogue,
    pub network: NetworkName,
    /// What tenants may reach; all else is tried.
    pub policy: Policy,
    /// Whether each deploy is followed by a probe.
    pub after_deploy: bool,
    /// The longest a probe may run.
    pub deadline: Duration,
}

/// The task.
#[derive(Debug)]
pub struct Prober {
    store: Store,
    keyring: Keyring,
    engine: Arc<dyn ContainerEngine>,
    settings: ProberSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    image: image::OwnImage,
    owner: LeaseOwner,
}

/// The longest sleep without a ring.
const LONGEST_SLEEP: Duration = Duration::from_secs(10);
/// How often we look for what dead workers have left.
const TIDY: Duration = Duration::from_secs(60);
/// How much longer than a probe its lease lasts: the image, the container's start and end.
const MARGIN: Duration = Duration::from_secs(180);

impl Prober {
    #[must_use]
    pub fn new(
        store: Store,
        keyring: Keyring,
        engine: Arc<dyn ContainerEngine>,
        settings: ProberSettings,
        sources: Sources,
    ) -> Self {
        let owner = LeaseOwner(Uuid::from_bytes(random(&*sources.entropy)));
        let Sources { clock, entropy } = sources;
        Self { store, keyring, engine, settings, clock, entropy, image: image::OwnImage::default(), owner }
    }

    /// Turns until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        let mut bell = Doorbell::listen(&self.store, Bell::Work);
        let mut tidied: Option<Instant> = None;
        let (mut untidied, mut unclaimed) = (Repeats::default(), Repeats::default());
        loop {
            if tidied.is_none_or(|at| at.elapsed() >= TIDY) {
                match self.tidy().await {
                    Ok(()) => {
                        untidied.over();
                        tidied = Some(Instant::now());
                    }
                    Err(error) if untidied.is_due(&error) => {
                        tracing::warn!(%error, "could not look for probes that were left");
                    }
                    Err(_) => {}
                }
            }
            let turned = tokio::select! {
                () = stop.cancelled() => break,
                turned = self.turn() => turned,
            };
            match turned {
                Ok(true) => continue,
                Ok(false) => unclaimed.over(),
                Err(error) if unclaimed.is_due(&error) => {
                    tracing::warn!(%error, "could not tell which probes are due");
                }
                Err(_) => {}
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(backoff::jitter(LONGEST_SLEEP, &*self.entropy)) => {}
                _ = bell.rung() => {}
            }
        }
        if let Err(error) = self.give_back().await {
            tracing::debug!(%error, "a probe could not be given back; its lease lapses");
        }
    }

    /// Runs the probe that is due for longest; whether there was one.
    async fn turn(&self) -> Result<bool, StorageError> {
        if self.settings.after_deploy {
            self.store.ask_probes_of_deployed(self.clock.now()).await?;
        }
        let Some(due) = self.store.claim_probe(self.owner, self.settings.deadline + MARGIN).await? else {
            return Ok(false);
        };
        let tenant = due.tenant;
        let found = self.probe(tenant).await;
        tell(tenant, &found);
        let answer = found.as_ref().map_err(words);
        let answer = answer.as_ref().map(|report| *report).map_err(String::as_str);
        self.store.answer_probe(self.owner, due, answer, self.clock.now()).await?;
        Ok(true)
    }

    /// Removes the containers of probes that nobody runs any more.
    async fn tidy(&self) -> Result<(), TidyError> {
        let containers = self.engine.list_containers(&self.settings.platform_id).await?;
        // Asked after the list: whoever has begun since has its lease.
        let in_hand = self.store.probes_in_hand().await?;
        for container in containers {
            let probed = container.owner.filter(|owner| owner.phase == Phase::Probe).map(|owner| owner.tenant);
            if probed.is_some_and(|tenant| !in_hand.contains(&tenant)) {
                tracing::info!(container.name = container.name, "removing a probe that nobody runs any more");
                self.engine.remove_container(&container.id).await?;
            }
        }
        Ok(())
    }

    async fn give_back(&self) -> Result<(), TidyError> {
        self.store.release_probes(self.owner).await?;
        self.tidy().await
    }
}

fn tell(tenant: TenantId, found: &Result<Report, ProbeError>) {
    match found {
        Ok(Report { verdict, findings, .. }) => {
            tracing::info!(tenant.id = %tenant, ?verdict, findings = findings.len(), "probed");
        }
        Err(error) => {
            tracing::warn!(tenant.id = %tenant, error = words(error), "the probe found nothing out");
        }
    }
}

/// The error and its causes.
fn words(error: &ProbeError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

#[derive(Debug, thiserror::Error)]
enum TidyError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}
