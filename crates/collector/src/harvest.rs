//! Keeping up with the logs that nobody watches, and reading one to its end before its container goes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::TenantId;
use domain::log::{EndReason, LogPhase, LogSource};
use domain::tenant::ContainerId;
use futures_util::{StreamExt, stream};
use logbook::{Book, View};
use logs::LogsError;
use provisioner::container::{EngineError, ListedContainer};
use tokio::time::{Instant, timeout};

use crate::Shared;
use crate::ledger::{End, Ledger, lock};
use crate::reading::{Seen, Until, read};
use crate::watch::blocking;

/// How much sooner a log is read again that grows fast.
const SOONER: u32 = 6;

/// So often a log that can't be read keeps its container from being removed, by an engine that answers otherwise.
const ATTEMPTS: u32 = 3;

/// How far somebody has come who reads what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    Whole,
    Partly,
    /// Somebody else has looked later, and may be reading.
    TooLate,
    /// Whoever follows reads.
    Followed,
}

/// When a tenant's logs are due, and what they were at last.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    due: HashMap<TenantId, Instant>,
    /// When those are looked for whose logs are to be forgotten.
    forget: Option<Instant>,
    /// When all logs' limits are seen to.
    enforce: Option<Instant>,
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
            self.turned();
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
            .map(|(tenant, listed)| async move {
                let bytes = self.harvest_tenant(tenant, at, listed).await.1;
                self.turned();
                (tenant, bytes)
            })
            .buffer_unordered(self.settings.at_once.max(1));
        let harvested: Vec<(TenantId, u64)> = harvested.collect().await;
        for (tenant, bytes) in harvested {
            rounds.due.insert(tenant, Instant::now() + self.until_next(bytes));
        }
        for tenant in gone {
            // Its last containers are gone: what is left to say of them is said, unless its log is forgotten already.
            if self.ledgers.get(tenant).is_some() {
                self.harvest_tenant(tenant, at, Vec::new()).await;
            }
            rounds.due.remove(&tenant);
        }
        if rounds.forget.is_none_or(|due| due <= now) {
            rounds.forget = Some(now + self.settings.harvest);
            self.forget_destroyed().await;
        }
        if rounds.enforce.is_none_or(|due| due <= now) {
            rounds.enforce = Some(now + self.settings.enforce);
            self.enforce_all(&rounds.due).await;
        }
        self.close_idle(|tenant| rounds.due.contains_key(&tenant)).await;
        Ok(())
    }

    /// A log that has filled a quarter of what the engine keeps is read again soon.
    fn until_next(&self, bytes: u64) -> Duration {
        let rotation = self.settings.rotation;
        let quarter = rotation.size.0.saturating_mul(u64::from(rotation.files)) / 4;
        if bytes > quarter / u64::from(SOONER) { self.settings.harvest / SOONER } else { self.settings.harvest }
    }

    /// Reads a tenant's logs as far as they are; how far, and how much that was.
    pub(crate) async fn harvest_tenant(
        self: &Arc<Self>,
        tenant: TenantId,
        at: Instant,
        listed: Vec<(ListedContainer, LogPhase)>,
    ) -> (Came, u64) {
        let ledger = match self.ledger(tenant).await {
            Ok(ledger) => ledger,
            Err(error) => {
                tracing::error!(tenant.id = %tenant, %error, "a tenant's log can't be opened");
                return (Came::Partly, 0);
            }
        };
        let followed = ledger.is_followed();
        ledger.recover();
        let asked = self.clock.now();
        let came = match self.take_in(&ledger, at, listed).await {
            None => Came::TooLate,
            // Whoever follows reads.
            Some(_) if followed => Came::Followed,
            Some(seen) => self.read_all(&ledger, &seen).await,
        };
        let kept = {
            let mut core = ledger.core();
            core.tell_all();
            let kept = core.keep();
            core.enforce(self.nanos());
            kept
        };
        // Of a disk that is slow nothing is lost: what waits is shown, too.
        let kept = timeout(self.settings.look_patience, kept).await;
        let mut core = ledger.core();
        let read = core.take_read();
        if came != Came::Whole {
            return (came, read);
        }
        // What the disk has not taken is not there to be shown.
        if kept != Ok(Ok(true)) || core.stalled.is_some() {
            return (Came::Partly, read);
        }
        core.as_of = Some(asked);
        (came, read)
    }

    fn nanos(&self) -> i64 {
        self.clock.now().timestamp_nanos_opt().unwrap_or_default()
    }

    async fn read_all(&self, ledger: &Ledger, seen: &[Seen]) -> Came {
        let mut came = Came::Whole;
        for container in seen {
            match read(self, ledger, container, Until::Now).await {
                Ok(true) => self.note_end(ledger, container),
                Ok(false) => came = Came::Partly,
                // Whoever removed it had it read first.
                Err(EngineError::NotFound { .. }) => {}
                Err(error) => {
                    came = Came::Partly;
                    tracing::warn!(tenant.id = %ledger.tenant, container = %container.id, %error, "a log can't be read now");
                }
            }
        }
        came
    }

    /// Asks what is kept, once what is at the engine is, too. A line may have been seen by somebody whose collector died before it
    /// was kept: it is gone only if all was read and it was not among it.
    pub(crate) async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        ledger: &Ledger,
        question: impl Fn(&View) -> Result<T, LogsError> + Clone + Send + 'static,
    ) -> Result<T, LogsError> {
        let ask = || {
            let (view, question) = (ledger.core().view(), question.clone());
            async move { blocking(move || question(&view)).await? }
        };
        let followed = ledger.is_followed();
        let mut whole = !followed && self.catch_up(ledger).await;
        let mut answer = ask().await;
        // Whoever follows keeps up, but may have only begun.
        if followed && matches!(answer, Err(LogsError::CursorGone)) {
            whole = self.catch_up(ledger).await;
            answer = ask().await;
        }
        match answer {
            Err(LogsError::CursorGone) if !whole => {
                Err(LogsError::Unavailable("not all is read yet that was said last".to_owned()))
            }
            Ok(_) | Err(_) => answer,
        }
    }

    /// Has a tenant's logs read now, for somebody who asks, and not longer than that is worth waiting for. Whether all was.
    pub(crate) async fn catch_up(self: &Arc<Self>, ledger: &Ledger) -> bool {
        let tenant = ledger.tenant;
        match timeout(self.settings.look_patience, self.read_now(ledger)).await {
            Ok(Ok(whole)) => whole,
            Ok(Err(error)) => {
                tracing::warn!(tenant.id = %tenant, %error, "a log is shown as it was kept: the engine can't be asked");
                false
            }
            Err(_) => {
                tracing::warn!(tenant.id = %tenant, "a log is shown as it was kept: the engine is slow");
                false
            }
        }
    }

    async fn read_now(self: &Arc<Self>, ledger: &Ledger) -> Result<bool, EngineError> {
        loop {
            if ledger.is_followed() {
                ledger.whole().await;
                return Ok(true);
            }
            let (at, all) = self.list().await?;
            let own = all.into_iter().filter(|(owner, ..)| *owner == ledger.tenant);
            let own = own.map(|(_, container, phase)| (container, phase)).collect();
            match self.harvest_tenant(ledger.tenant, at, own).await.0 {
                Came::Whole => return Ok(true),
                Came::Partly => return Ok(false),
                Came::TooLate | Came::Followed => {}
            }
        }
    }

    /// Reads the log of a container that is about to be removed to its end, and has it on the disk. One that can't be read (a host
    /// that lost power may leave such) goes with a mark, in time.
    ///
    /// # Errors
    /// [`EngineError`] if the engine does not answer: then nothing can be removed either.
    pub(crate) async fn read_to_end(self: &Arc<Self>, id: &ContainerId) -> Result<(), EngineError> {
        let Some((tenant, container, phase)) = self.list().await?.1.into_iter().find(|(_, found, _)| found.id == *id)
        else {
            return Ok(());
        };
        let ledger = match self.ledger(tenant).await {
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
        loop {
            let (end, now) = (self.read_last(&ledger, &container, phase).await?, self.clock.now());
            match ledger.finish(source, end, now).await {
                Some(true) => return Ok(()),
                Some(false) => {
                    tracing::error!(tenant.id = %tenant, container = %id, "a container goes whose log could not be kept");
                    return Ok(());
                }
                // Somebody has tried the disk meanwhile.
                None => {}
            }
        }
    }

    async fn read_last(
        &self,
        ledger: &Ledger,
        container: &ListedContainer,
        phase: LogPhase,
    ) -> Result<End, EngineError> {
        let (tenant, id) = (ledger.tenant, &container.id);
        let seen = self.seen(tenant, container.clone(), phase).await;
        let failures = &ledger.turn(seen.source).failures;
        match timeout(self.settings.removal_patience, read(self, ledger, &seen, Until::Last)).await {
            Ok(Ok(_)) => Ok(End::Read),
            Ok(Err(EngineError::NotFound { .. })) => Ok(End::Gone),
            Ok(Err(error)) if failures.fetch_add(1, Ordering::Relaxed) + 1 < ATTEMPTS => Err(error),
            Ok(Err(error)) => {
                tracing::error!(tenant.id = %tenant, container = %id, %error, "a container's log can't be read before its removal");
                Ok(End::Unread)
            }
            Err(_) => {
                tracing::error!(tenant.id = %tenant, container = %id, "a container's log could not be read in time before its removal");
                Ok(End::Unread)
            }
        }
    }

    /// Removes the logs of tenants of which only a tombstone is left. One without a row is left alone.
    pub(crate) async fn forget_destroyed(self: &Arc<Self>) {
        for tenant in self.kept_tenants().await {
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

    /// Lets go of what is too old also of logs whose tenants have no containers, one after the other: those are open for that alone.
    async fn enforce_all(self: &Arc<Self>, due: &HashMap<TenantId, Instant>) {
        for tenant in self.kept_tenants().await {
            match self.ledger(tenant).await {
                Ok(ledger) => {
                    ledger.core().enforce(self.nanos());
                    // One that is not done by then is closed later.
                    let _done = timeout(self.settings.look_patience, ledger.at_rest()).await;
                }
                Err(error) => tracing::error!(tenant.id = %tenant, %error, "a tenant's log can't be opened"),
            }
            self.close_idle(|tenant| due.contains_key(&tenant)).await;
            self.turned();
        }
    }

    async fn forget(self: &Arc<Self>, tenant: TenantId) {
        lock(&self.apps).remove(&tenant);
        if let Some(ledger) = self.ledgers.remove(tenant) {
            ledger.core().close(EndReason::Destroyed);
            crate::follow::stop(&ledger);
        }
        let (folder, shared) = (self.folder(tenant), Arc::clone(self));
        let destroy = move || {
            shared.ledgers.forget_marks(tenant);
            Book::destroy(&folder)
        };
        match blocking(destroy).await {
            Ok(Ok(())) => tracing::info!(tenant.id = %tenant, "a destroyed tenant's log is gone"),
            Ok(Err(error)) => tracing::error!(tenant.id = %tenant, %error, "a destroyed tenant's log can't be removed"),
            Err(error) => tracing::error!(tenant.id = %tenant, %error, "a destroyed tenant's log can't be removed"),
        }
    }
}
