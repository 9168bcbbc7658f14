//! A look at a tenant's containers: which there are, what has happened to them since, what the platform says of it.
//!
//! What stands in the log comes out of the difference between two looks, not out of the engine's events: those only ring. A
//! start that was rung for tells a restart from a container that ran all along. An end is said when the container's last lines
//! are there: it stands behind them, as a restart stands behind the lines before it.

use std::collections::HashSet;
use std::sync::Arc;

use domain::TenantId;
use domain::log::{ContainerChange, GapReason, LogPhase, LogSource, Understanding};
use provisioner::container::{EngineError, ListedContainer, Phase};
use semver::Version;
use tokio::time::Instant;

use crate::Shared;
use crate::ledger::Ledger;
use crate::reading::Seen;
use crate::waiting::Restart;

/// Events taken at once.
const EVENTS: u16 = 500;

impl Shared {
    /// All containers whose logs are kept, with their tenants, and when the engine was asked for them.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(crate) async fn list(&self) -> Result<(Instant, Vec<(TenantId, ListedContainer, LogPhase)>), EngineError> {
        let at = Instant::now();
        let listed = self.engine.list_containers(&self.settings.platform).await?;
        let ours = listed.into_iter().filter_map(|container| {
            let (tenant, phase) = container.owner.as_ref().map(|owner| (owner.tenant, owner.phase))?;
            Some((tenant, container, log_phase(phase)?))
        });
        Ok((at, ours.collect()))
    }

    /// Looks at one tenant; `None`: somebody else has looked later.
    ///
    /// # Errors
    /// [`EngineError`].
    pub(crate) async fn look(&self, ledger: &Ledger) -> Result<Option<Vec<Seen>>, EngineError> {
        let (at, all) = self.list().await?;
        let own = all.into_iter().filter(|(tenant, ..)| *tenant == ledger.tenant);
        Ok(self.take_in(ledger, at, own.map(|(_, container, phase)| (container, phase)).collect()).await)
    }

    /// Compares what was listed of a tenant with what was known. `None` comes of a list that is older than one that was
    /// compared already: it would take what is new for gone, and what is gone for new.
    pub(crate) async fn take_in(
        &self,
        ledger: &Ledger,
        at: Instant,
        listed: Vec<(ListedContainer, LogPhase)>,
    ) -> Option<Vec<Seen>> {
        self.fetch_happenings(ledger).await;
        let mut seen = Vec::with_capacity(listed.len());
        for (container, phase) in listed {
            seen.push(self.seen(ledger.tenant, container, phase).await);
        }
        self.note_changes(ledger, at, &seen).then_some(seen)
    }

    /// A container as it is read.
    pub(crate) async fn seen(&self, tenant: TenantId, container: ListedContainer, phase: LogPhase) -> Seen {
        let ListedContainer { id, owner, may_run: runs, .. } = container;
        let (generation, version) = owner.map_or((0, None), |owner| (owner.generation, owner.version));
        let rules = self.rules(tenant, version).await;
        Seen { source: LogSource::of(&id), id, phase, generation, runs, rules }
    }

    async fn fetch_happenings(&self, ledger: &Ledger) {
        let last = ledger.core().last_happening();
        match self.registry.events(ledger.tenant, last, EVENTS).await {
            Ok(events) => ledger.core().take_happenings(events),
            Err(error) => {
                tracing::warn!(tenant.id = %ledger.tenant, %error, "what happened to a tenant can't be put into its log now");
            }
        }
    }

    /// `false` if the list is too old.
    fn note_changes(&self, ledger: &Ledger, at: Instant, seen: &[Seen]) -> bool {
        let now = self.clock.now();
        let mut core = ledger.core();
        if core.listed_at.is_some_and(|newest| at < newest) {
            return false;
        }
        core.listed_at = Some(at);
        let there: HashSet<LogSource> = seen.iter().map(|container| container.source).collect();
        let known: Vec<LogSource> = core.state.containers.keys().copied().collect();
        for source in known.into_iter().filter(|source| !there.contains(source)) {
            if let Some(gone) = core.state.containers.get(&source).cloned() {
                core.tell_restarts(source);
                if !gone.done && gone.runs {
                    core.gap(source, GapReason::Removed, Some(now), now);
                }
                if gone.runs {
                    core.container(source, gone.phase, ContainerChange::Stopped, now);
                }
                core.part(source);
            }
        }
        for container in seen {
            let Seen { source, phase, runs, generation, .. } = container;
            let started = ledger.take_start((*phase, *generation));
            let known = core.meet(*source, *phase);
            let ran = known.runs;
            known.runs |= *runs;
            let restart = started.filter(|started| ran && known.since.is_some_and(|since| *started > since));
            if !*runs || (ran && restart.is_none()) {
                continue;
            }
            known.since = Some(now);
            let replaces = *phase == LogPhase::Serve && core.replaces(*source);
            let event = if replaces { ContainerChange::Replaced } else { ContainerChange::Started };
            match restart {
                // It stands behind the lines of its end, which are not read yet.
                Some(at) => core.waiting.add_restart(Restart { source: *source, phase: *phase, event, at }),
                None => core.container(*source, *phase, event, now),
            }
        }
        core.forget_notes(|source| there.contains(&source));
        ledger.forget_turns(|source| there.contains(&source));
        ledger.was_seen(&mut core, there);
        true
    }

    /// All lines are there of a container that was seen: if it has ended, that is said.
    pub(crate) fn note_end(&self, ledger: &Ledger, seen: &Seen) {
        if seen.runs {
            return;
        }
        let mut core = ledger.core();
        core.tell_restarts(seen.source);
        let known = core.state.containers.get_mut(&seen.source);
        if known.is_some_and(|known| std::mem::take(&mut known.runs)) {
            core.container(seen.source, seen.phase, ContainerChange::Stopped, self.clock.now());
        }
    }

    /// How to read a tenant's lines.
    pub(crate) async fn rules(&self, tenant: TenantId, version: Option<Version>) -> Arc<Understanding> {
        match self.app_of(tenant).await {
            Some(app) => self.rules_of(&app, version.as_ref()),
            None => Arc::default(),
        }
    }
}

/// `None` for what belongs to nobody's log.
pub(crate) const fn log_phase(phase: Phase) -> Option<LogPhase> {
    match phase {
        Phase::Serve => Some(LogPhase::Serve),
        Phase::Release => Some(LogPhase::Release),
        Phase::Probe => None,
    }
}
