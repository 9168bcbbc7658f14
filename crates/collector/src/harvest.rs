//! Keeping up with the logs that nobody watches, and reading one to its end before its container goes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use domain::log::{EndReason, GapReason, LogPhase, LogSource};
use domain::tenant::ContainerId;
use futures_util::{StreamExt, stream};
use logbook::Book;
use provisioner::container::{EngineError, ListedContainer};
use tokio::time::{Instant, timeout};

use crate::Shared;
use crate::ledger::{Ledger, lock};
use crate::reading::{Until, read};
use crate::watch::blocking;

/// How much sooner a log is read again that grows fast.
const SOONER: u32 = 6;

/// When a tenant's logs are due, and what they were at last.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    due: HashMap<TenantId, Instant>,
    /// When those are looked for whose logs are to be forgotten.
    forget: Option<Instant>,
}

impl Shared {
    /// Reads what is due, until the collector stops.
    pub(crate) async fn harvest(self: &Arc<Self>) {
        let mut rounds = Rounds::default();
        let tick = self.settings.harvest / SOONER;
        loop {
            if let Err(error) = self.round(&mut rounds).await {
                tracing::warn!(%error, "the tenants' logs can't be read now; trying again");
            }
            tokio::time::sleep(tick).await;
        }
    }

    async fn round(self: &Arc<Self>, rounds: &mut Rounds) -> Result<(), EngineError> {
        let mut tenants: BTreeMap<TenantId, Vec<(ListedContainer, LogPhase)>> = BTreeMap::new();
        let (at, listed) = self.list().await?;
        for (tenant, container, phase) in listed {
            tenants.entry(tenant).or_default().push((container, phase));
        }
        let gone: Vec<TenantId> = rounds.due.keys().filter(|tenant| !tenants.contains_key(tenant)).copied().collect();
        let now = Instant::now();
        let due = |tenant: &TenantId| rounds.due.get(tenant).is_none_or(|due| *due <= now);
        let work: Vec<_> = tenants.into_iter().filter(|(tenant, _)| due(tenant)).collect();
        let harvested = stream::iter(work)
            .map(|(tenant, listed)| async move { (tenant, self.harvest_tenant(tenant, at, listed).await) })
            .buffer_unordered(self.settings.at_once.max(1));
        let harvested: Vec<(TenantId, u64)> = harvested.collect().await;
        for (tenant, bytes) in harvested {
            rounds.due.insert(tenant, Instant::now() + self.until_next(bytes));
        }
        for tenant in gone {
            // Its last containers are gone: what is left to say of them is said, and its log may be to be forgotten.
            self.harvest_tenant(tenant, at, Vec::new()).await;
            rounds.due.remove(&tenant);
        }
        if rounds.forget.is_none_or(|due| due <= now) {
            rounds.forget = Some(now + self.settings.harvest);
            self.forget_destroyed().await;
        }
        Ok(())
    }

    /// A log that has filled a quarter of what the engine keeps is read again soon.
    fn until_next(&self, bytes: u64) -> Duration {
        let rotation = self.settings.rotation;
        let quarter = rotation.size.0.saturating_mul(u64::from(rotation.files)) / 4;
        if bytes > quarter / u64::from(SOONER) { self.settings.harvest / SOONER } else { self.settings.harvest }
    }

    /// Reads a tenant's logs as far as they are; how much that was.
    pub(crate) async fn harvest_tenant(
        self: &Arc<Self>,
        tenant: TenantId,
        at: Instant,
        listed: Vec<(ListedContainer, LogPhase)>,
    ) -> u64 {
        let ledger = match self.ledger(tenant) {
            Ok(ledger) => ledger,
            Err(error) => {
                tracing::error!(tenant.id = %tenant, %error, "a tenant's log can't be opened");
                return 0;
            }
        };
        let watched = lock(&ledger.follower).is_some();
        ledger.recover();
        let asked = self.clock.now();
        let seen = self.take_in(&ledger, at, listed).await;
        let mut whole = !watched;
        // Whoever follows reads.
        if !watched {
            for container in &seen {
                match read(self, &ledger, container, Until::Now).await {
                    Ok(()) => self.note_end(&ledger, container),
                    // Whoever removed it had it read first.
                    Err(EngineError::NotFound { .. }) => {}
                    Err(error) => {
                        whole = false;
                        tracing::warn!(tenant.id = %tenant, container = %container.id, %error, "a log can't be read now");
                    }
                }
            }
        }
        let now = self.clock.now().timestamp_nanos_opt().unwrap_or_default();
        let settled = blocking(move || {
            let mut core = ledger.core();
            let read = core.settle(tenant, now);
            // What the disk has not taken is not there to be shown.
            if whole && core.stalled.is_none() {
                core.as_of = Some(asked);
            }
            read
        });
        settled.await.unwrap_or_default()
    }

    /// Reads a tenant's logs now, for somebody who asks; not longer than that is worth waiting for.
    pub(crate) async fn catch_up(self: &Arc<Self>, ledger: &Ledger) {
        let tenant = ledger.tenant;
        let look = async {
            let (at, all) = self.list().await?;
            let own = all.into_iter().filter(|(owner, ..)| *owner == tenant);
            self.harvest_tenant(tenant, at, own.map(|(_, container, phase)| (container, phase)).collect()).await;
            Ok::<_, EngineError>(())
        };
        match timeout(self.settings.look_patience, look).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(tenant.id = %tenant, %error, "a log is shown as it was kept: the engine can't be asked");
            }
            Err(_) => tracing::warn!(tenant.id = %tenant, "a log is shown as it was kept: the engine is slow"),
        }
    }

    /// Reads the log of a container that is about to be removed to its end, and has it on the disk.
    ///
    /// # Errors
    /// [`EngineError`] if the engine does not answer: then nothing can be removed either.
    pub(crate) async fn read_to_end(self: &Arc<Self>, id: &ContainerId) -> Result<(), EngineError> {
        let Some((tenant, container, phase)) = self.list().await?.1.into_iter().find(|(_, found, _)| found.id == *id)
        else {
            return Ok(());
        };
        let ledger = match self.ledger(tenant) {
            Ok(ledger) => ledger,
            Err(error) => {
                tracing::error!(tenant.id = %tenant, %error, "a tenant's log can't be opened; a container goes unread");
                return Ok(());
            }
        };
        // It is killed in a moment anyway, and would go on talking until then.
        if container.may_run {
            self.engine.stop_container(id, Duration::ZERO).await?;
        }
        let source = LogSource::of(id);
        // There may be room by now.
        ledger.recover();
        lock(&ledger.turn(source).leave).cancel();
        let read = timeout(self.settings.removal_patience, self.read_last(&ledger, container, phase)).await;
        match read {
            Ok(Ok(()) | Err(EngineError::NotFound { .. })) => {}
            Ok(Err(error)) => return Err(error),
            Err(_) => {
                tracing::error!(tenant.id = %tenant, container = %id, "a container's log could not be read in time before its removal");
                let now = self.clock.now();
                ledger.core().gap(source, GapReason::Removed, Some(now), now);
            }
        }
        let now = self.clock.now();
        let kept = blocking(move || {
            let mut core = ledger.core();
            core.be_done(source);
            let kept = core.keep(true);
            if !kept {
                core.lose(source, now);
            }
            kept
        });
        if !kept.await.unwrap_or(false) {
            tracing::error!(tenant.id = %tenant, container = %id, "a container goes whose log could not be kept");
        }
        Ok(())
    }

    async fn read_last(
        self: &Arc<Self>,
        ledger: &Ledger,
        container: ListedContainer,
        phase: LogPhase,
    ) -> Result<(), EngineError> {
        let seen = self.seen(ledger.tenant, container, phase).await;
        read(self, ledger, &seen, Until::Last).await
    }

    /// Removes the logs of tenants of which only a tombstone is left. One without a row is left alone.
    pub(crate) async fn forget_destroyed(self: &Arc<Self>) {
        for tenant in self.kept_tenants() {
            match self.registry.tenant(tenant).await {
                Ok(Some(known)) if known.destroyed => self.forget(tenant).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "can't tell whose logs are to be forgotten");
                    return;
                }
            }
        }
    }

    async fn forget(&self, tenant: TenantId) {
        if let Some(ledger) = lock(&self.ledgers).remove(&tenant) {
            ledger.core().close(EndReason::Destroyed);
            crate::follow::stop(&ledger);
        }
        let folder = self.folder(tenant);
        match blocking(move || Book::destroy(&folder)).await {
            Ok(Ok(())) => tracing::info!(tenant.id = %tenant, "a destroyed tenant's log is gone"),
            Ok(Err(error)) => tracing::error!(tenant.id = %tenant, %error, "a destroyed tenant's log can't be removed"),
            Err(error) => tracing::error!(tenant.id = %tenant, %error, "a destroyed tenant's log can't be removed"),
        }
    }
}
