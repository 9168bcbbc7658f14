//! Samples what instances use: every 15 s all of them, and more often those that somebody looks at live.
//!
//! One sweep is one list of the engine's containers and one look at each one's counters ([`counters`]); what it finds goes
//! to the database in two statements, however many there are. A history is condensed and forgotten ([`upkeep`]), and what
//! lasts is named ([`domain::usage::Troubles`]). Beside it, and far more seldom, what they keep on disk is measured
//! ([`Measurer`]).
//!
//! Invariants: it only looks, and touches no container; a failure costs the samples of one sweep, never the sampler; who
//! watches says so in a row, which runs out by itself.

mod counters;
mod measure;
mod upkeep;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::tenant::ContainerId;
use domain::usage::{Reading, Resolution, Sample, Sight, Thresholds, Trouble, Troubles};
use domain::{Clock, TenantId};
use futures_util::StreamExt;
use provisioner::container::{ContainerEngine, ContainerName, EngineError, ListedContainer, Phase, PlatformId};
use provisioner::usage::Places;
use storage::{StorageError, Store};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at};
use tokio_util::sync::CancellationToken;

use crate::counters::{Counted, Counters, Look};
pub use crate::measure::{MeasureSettings, Measurer, ROUND};

/// The finest resolution that is kept.
pub const SWEEP: Duration = Duration::from_secs(Resolution::Seconds15.seconds().unsigned_abs() as u64);
/// A newest sample that is older than so many sweeps is of one that does not run.
const OLD: u32 = 3;
/// After the engine's events have broken off.
const RECONNECT: Duration = Duration::from_secs(1);

/// What the operator has settled about it.
#[derive(Clone, Debug)]
pub struct Settings {
    pub platform_id: PlatformId,
    /// Where this host counts; `None`: the engine is asked, as of another host.
    pub places: Option<Places>,
    /// How often all are sampled; [`SWEEP`], or a test waits for it.
    pub every: Duration,
    /// How often those are sampled that somebody looks at live.
    pub watched: Duration,
    /// How long each resolution is kept, in the order of [`Resolution::ALL`].
    pub kept: [Duration; 4],
    pub thresholds: Thresholds,
    /// Folders on disks of this host that tenants need.
    pub disks: Vec<PathBuf>,
}

/// The sampler of one engine.
#[derive(Debug)]
pub struct Sampler {
    store: Store,
    engine: Arc<dyn ContainerEngine>,
    settings: Settings,
    clock: Arc<dyn Clock>,
}

/// Why a sweep found nothing out.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a tenant's container was last seen to have counted.
#[derive(Clone, Debug)]
struct Seen {
    id: ContainerId,
    at: Instant,
    reading: Reading,
}

/// What is known from one look to the next.
struct Memory {
    counters: Counters,
    /// Those that run, since the last sweep.
    running: Vec<Counted>,
    /// At the last sweep, and at the last look of any kind.
    swept: HashMap<TenantId, Seen>,
    looked: HashMap<TenantId, Seen>,
    troubles: HashMap<TenantId, Troubles>,
    killed: Killed,
}

/// Those of which something was ended for want of memory, since they were last sampled.
type Killed = Arc<Mutex<HashSet<TenantId>>>;

impl Sampler {
    #[must_use]
    pub fn new(store: Store, engine: Arc<dyn ContainerEngine>, settings: Settings, clock: Arc<dyn Clock>) -> Self {
        Self { store, engine, settings, clock }
    }

    /// Samples until `stop`, and looks after the history.
    pub async fn run(&self, stop: CancellationToken) {
        let killed = Killed::default();
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.sample(Arc::clone(&killed)) => {}
            () = self.listen(&killed) => {}
            () = self.tend() => {}
        }
    }

    /// Hears the engine say that something was ended for want of memory: the container may run again before it is looked at.
    async fn listen(&self, killed: &Killed) {
        loop {
            if let Err(error) = self.hear(killed).await {
                tracing::debug!(%error, "the engine's events stopped; listening again");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn hear(&self, killed: &Killed) -> Result<(), EngineError> {
        let mut events = self.engine.events(&self.settings.platform_id).await?;
        while let Some(event) = events.next().await {
            let event = event?;
            if event.action == "oom" && event.owner.phase == Phase::Serve {
                killed.lock().unwrap_or_else(PoisonError::into_inner).insert(event.owner.tenant);
            }
        }
        Ok(())
    }

    async fn sample(&self, killed: Killed) {
        let mut memory = self.begin(killed).await;
        let Settings { every, watched, .. } = self.settings;
        let mut sweeps = interval_at(Instant::now() + until_middle(self.clock.now(), every), every);
        let mut looks = interval(watched);
        sweeps.set_missed_tick_behavior(MissedTickBehavior::Skip);
        looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut looked, mut was_well) = (self.sweep(&mut memory).await, true);
        loop {
            // Once for as long as it lasts: this would be said every second.
            match &looked {
                Err(error) if was_well => tracing::warn!(%error, "what instances use can't be sampled"),
                Ok(()) if !was_well => tracing::info!("what instances use is sampled again"),
                Ok(()) | Err(_) => {}
            }
            was_well = looked.is_ok();
            looked = tokio::select! {
                biased;
                _ = sweeps.tick() => self.sweep(&mut memory).await,
                _ = looks.tick() => self.look_at_watched(&mut memory).await,
            };
        }
    }

    async fn begin(&self, killed: Killed) -> Memory {
        let mut known: HashMap<TenantId, Vec<(Trouble, _)>> = HashMap::new();
        match self.store.troubles().await {
            Ok(troubles) => {
                for (tenant, trouble, since) in troubles {
                    known.entry(tenant).or_default().push((trouble, since));
                }
            }
            Err(error) => tracing::warn!(%error, "what instances suffered from before is not known"),
        }
        Memory {
            counters: Counters::new(Arc::clone(&self.engine), self.settings.places.as_ref()),
            running: Vec::new(),
            swept: HashMap::new(),
            looked: HashMap::new(),
            troubles: known.into_iter().map(|(tenant, known)| (tenant, Troubles::known(&known))).collect(),
            killed,
        }
    }

    /// Looks at all that run.
    async fn sweep(&self, memory: &mut Memory) -> Result<(), SweepError> {
        let listed = self.engine.list_containers(&self.settings.platform_id).await?;
        let ran: HashSet<TenantId> = memory.running.iter().map(|container| container.tenant).collect();
        memory.running = listed.iter().filter_map(serving).collect();
        memory.counters.keep_only(&memory.running);
        let (seen, mut stopped) = look(&memory.counters, memory.running.clone()).await;
        let run: HashSet<TenantId> = memory.running.iter().map(|container| container.tenant).collect();
        stopped.extend(ran.difference(&run));
        self.store.drop_usage(&stopped).await?;
        let samples = self.samples(&memory.swept, &seen);
        memory.looked.clone_from(&seen);
        memory.swept = seen;
        self.store.note_usage(&samples).await?;
        self.store.keep_usage(&samples).await?;
        self.store.drop_old_usage(self.clock.now() - self.settings.every * OLD).await?;
        self.end_troubles_of_others(memory).await?;
        self.note_troubles(memory, &samples).await?;
        Ok(())
    }

    /// Looks at those that somebody else looks at.
    async fn look_at_watched(&self, memory: &mut Memory) -> Result<(), SweepError> {
        let watched = self.store.usage_watched(self.clock.now()).await?;
        if watched.is_empty() {
            return Ok(());
        }
        let wanted = memory.running.iter().filter(|container| watched.contains(&container.tenant)).cloned().collect();
        let (seen, stopped) = look(&memory.counters, wanted).await;
        let samples = self.samples(&memory.looked, &seen);
        memory.looked.extend(seen);
        self.store.drop_usage(&stopped).await?;
        self.store.note_usage(&samples).await?;
        Ok(())
    }

    /// What was used since each was seen before; who was not seen before has no sample yet.
    fn samples(&self, before: &HashMap<TenantId, Seen>, seen: &HashMap<TenantId, Seen>) -> Vec<(TenantId, Sample)> {
        let at = self.clock.now();
        let sample = |(tenant, now): (&TenantId, &Seen)| {
            // A successor counts anew.
            let then = before.get(tenant).filter(|then| then.id == now.id)?;
            Some((*tenant, Sample::between(&then.reading, &now.reading, now.at - then.at, at)?))
        };
        seen.iter().filter_map(sample).collect()
    }

    async fn note_troubles(&self, memory: &mut Memory, samples: &[(TenantId, Sample)]) -> Result<(), StorageError> {
        let disk = self.fullest_disk().await;
        let killed = memory.killed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (tenant, sample) in samples {
            let known = memory.troubles.entry(*tenant).or_default();
            let mut seen = *known;
            let sight = Sight { sample, was_killed: killed.contains(tenant), disk };
            for (trouble, since) in seen.see(&sight, &self.settings.thresholds) {
                self.store.note_trouble(*tenant, trouble, since, sample.at).await?;
            }
            // Once it is written down: or else it would never be.
            *known = seen;
            memory.killed.lock().unwrap_or_else(PoisonError::into_inner).remove(tenant);
        }
        Ok(())
    }

    /// A disk that hangs holds up nobody but this.
    async fn fullest_disk(&self) -> Option<f64> {
        let disks = self.settings.disks.clone();
        let look = move || provisioner::usage::fullest(disks.iter().map(PathBuf::as_path));
        tokio::task::spawn_blocking(look).await.ok().flatten()
    }

    /// Who does not run suffers from nothing.
    async fn end_troubles_of_others(&self, memory: &mut Memory) -> Result<(), StorageError> {
        let running: HashSet<TenantId> = memory.running.iter().map(|container| container.tenant).collect();
        let others: Vec<TenantId> =
            memory.troubles.keys().filter(|tenant| !running.contains(tenant)).copied().collect();
        for tenant in others {
            for trouble in Trouble::ALL {
                self.store.note_trouble(tenant, trouble, None, self.clock.now()).await?;
            }
            memory.troubles.remove(&tenant);
        }
        Ok(())
    }
}

/// A tenant's container that serves; not its successor, nor a release.
fn serving(listed: &ListedContainer) -> Option<Counted> {
    let owner = listed.owner.as_ref().filter(|owner| owner.phase == Phase::Serve && listed.may_run)?;
    let named = listed.name == ContainerName::serve(owner.tenant).as_str();
    named.then(|| Counted { tenant: owner.tenant, id: listed.id.clone(), endpoint: listed.endpoint })
}

/// What each that runs has counted, and those that don't run any more.
async fn look(counters: &Counters, containers: Vec<Counted>) -> (HashMap<TenantId, Seen>, Vec<TenantId>) {
    let looks = counters.read(&containers).await;
    let (mut seen, mut stopped) = (HashMap::new(), Vec::new());
    for (container, look) in containers.into_iter().zip(looks) {
        match look {
            Look::Read { at, reading } => {
                seen.insert(container.tenant, Seen { id: container.id, at, reading });
            }
            Look::Stopped => stopped.push(container.tenant),
            Look::Unknown => {}
        }
    }
    (seen, stopped)
}

/// To the middle of the next period of the day, so that each has one sweep.
fn until_middle(now: DateTime<Utc>, period: Duration) -> Duration {
    let period = u64::try_from(period.as_millis()).unwrap_or(u64::MAX / 2).max(1);
    let into = now.timestamp_millis().unsigned_abs() % period;
    Duration::from_millis((period + period / 2 - into) % period)
}
