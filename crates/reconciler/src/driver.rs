//! Claims tenants that are due, and works on as many at once as there are slots.
//!
//! It wakes by a doorbell, by the time the next tenant is due, and when a slot becomes free. It knows no tenant between
//! passes: what is due stands in the database, so a driver that dies takes nothing with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::TenantId;
use domain::entropy::random;
use storage::{Bell, ClaimRequest, Claimed, Doorbell, Lease, LeaseOwner, Priority, StorageError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::repeats::Repeats;
use crate::tenant::{self, Signals};
use crate::{Reconciler, backoff};

/// The longest sleep without a ring: a ring that is lost costs no more than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// The shortest sleep after nothing could be claimed.
const LEAST_SLEEP: Duration = Duration::from_millis(100);
/// The pause after the platform's database did not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// The tenants being worked on, and how to tell them that their row has changed.
#[derive(Debug, Default)]
pub(crate) struct InHand(Mutex<HashMap<TenantId, Held>>);

/// One pass in hand.
#[derive(Debug)]
struct Held {
    epoch: i64,
    changed: watch::Sender<u64>,
}

/// Lets go of a tenant when its pass ends, however it ends. A pass that has lost its claim leaves its successor's alone.
struct Hold {
    shared: Arc<Reconciler>,
    lease: Lease,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut in_hand = self.shared.in_hand.lock();
        if in_hand.get(&self.lease.tenant).is_some_and(|held| held.epoch == self.lease.epoch) {
            in_hand.remove(&self.lease.tenant);
        }
    }
}

impl InHand {
    pub(crate) fn contains(&self, tenant: TenantId) -> bool {
        self.lock().contains_key(&tenant)
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn tenants(&self) -> Vec<TenantId> {
        self.lock().keys().copied().collect()
    }

    fn tell(&self, tenants: &[TenantId]) {
        let in_hand = self.lock();
        for held in tenants.iter().filter_map(|tenant| in_hand.get(tenant)) {
            held.changed.send_modify(|count| *count += 1);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<TenantId, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns until `stop`, then waits for the passes in hand.
pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    let owner = LeaseOwner(Uuid::from_bytes(random(&*shared.entropy)));
    let mut driver = Driver { owner, passes: JoinSet::new(), slots_wanted: true, shared, stop };
    let mut repeats = Repeats::default();
    let mut bell = Doorbell::listen(&driver.shared.store, Bell::Work);
    let mut claims = true;
    while !driver.stop.is_cancelled() {
        driver.shared.turned();
        let turn = if claims { driver.fill().await } else { driver.until_due(Duration::ZERO).await };
        let pause = match turn {
            Ok(pause) => {
                repeats.over();
                pause
            }
            Err(error) => {
                if repeats.is_due(&error) {
                    tracing::warn!(%error, "the platform's database does not answer; nothing is claimed");
                }
                backoff::jitter(PAUSE, &*driver.shared.entropy)
            }
        };
        claims = true;
        tokio::select! {
            () = driver.stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
            _ = bell.rung() => driver.tell_changed().await,
            Some(ended) = driver.passes.join_next() => {
                driver.ended(ended);
                claims = driver.slots_wanted;
            }
        }
        // Those that have ended as well are replaced by the same claim.
        while let Some(ended) = driver.passes.try_join_next() {
            driver.ended(ended);
        }
    }
    while let Some(ended) = driver.passes.join_next().await {
        driver.ended(ended);
    }
    driver.give_back().await;
}

struct Driver {
    shared: Arc<Reconciler>,
    owner: LeaseOwner,
    passes: JoinSet<()>,
    /// Whether something may be due that waits for a slot: then a pass that ends makes room for it, else it only ends.
    slots_wanted: bool,
    stop: CancellationToken,
}

impl Driver {
    /// Claims what is due for the free slots; answers how long to sleep if nobody rings.
    async fn fill(&mut self) -> Result<Duration, StorageError> {
        let pace = &self.shared.settings.pace;
        let free = usize::from(pace.slots).saturating_sub(self.passes.len());
        if free == 0 {
            self.slots_wanted = true;
            return Ok(LONGEST_SLEEP);
        }
        let reserved = usize::from(pace.slots.saturating_sub(pace.background_slots));
        let request = ClaimRequest {
            limit: u16::try_from(free).unwrap_or(u16::MAX),
            background_limit: u16::try_from(free.saturating_sub(reserved)).unwrap_or(u16::MAX),
            lease: pace.lease,
        };
        let claimed = self.shared.store.claim_due(self.owner, request).await?;
        self.shared.turned();
        // What is due and was not claimed waits for a slot of its kind: a pass that ends wakes us.
        let least = if claimed.is_empty() { LEAST_SLEEP } else { Duration::ZERO };
        let full = claimed.len() == free;
        let background = claimed.iter().filter(|claimed| claimed.priority == Priority::Background).count();
        self.slots_wanted = full || background >= usize::from(request.background_limit);
        for claimed in claimed {
            self.start(claimed);
        }
        if full { Ok(LONGEST_SLEEP) } else { self.until_due(least).await }
    }

    /// How long to sleep until something is due.
    async fn until_due(&self, least: Duration) -> Result<Duration, StorageError> {
        let due = self.shared.store.next_due().await?;
        Ok(due.map_or(LONGEST_SLEEP, |due| due.clamp(least, LONGEST_SLEEP)))
    }

    fn start(&mut self, claimed: Claimed) {
        let lease = claimed.lease;
        let (changed, receiver) = watch::channel(0);
        let held = Held { epoch: lease.epoch, changed: changed.clone() };
        self.shared.in_hand.lock().insert(lease.tenant, held);
        let signals = Signals { changed: receiver, stop: self.stop.clone() };
        let (shared, hold) = (Arc::clone(&self.shared), Hold { shared: Arc::clone(&self.shared), lease });
        self.passes.spawn(async move {
            tenant::run(shared, claimed, signals, changed).await;
            drop(hold);
        });
    }

    fn ended(&self, ended: Result<(), tokio::task::JoinError>) {
        if let Err(error) = ended {
            tracing::error!(%error, "a pass panicked; its tenant is claimed again when the lease lapses");
        }
    }

    /// What was left at its next step is due at once, for whoever comes next.
    async fn give_back(&self) {
        match self.shared.store.release_claims(self.owner).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "claims given back"),
            Err(error) => tracing::warn!(%error, "claims could not be given back; they lapse by themselves"),
        }
    }

    /// The doorbell may have rung for a tenant in hand.
    async fn tell_changed(&self) {
        let held = self.shared.in_hand.tenants();
        if held.is_empty() {
            return;
        }
        match self.shared.store.running_dirty(self.owner, &held).await {
            Ok(tenants) => self.shared.in_hand.tell(&tenants),
            Err(error) => tracing::warn!(%error, "could not tell which tenants in hand were changed"),
        }
    }
}
