//! Wakes requests that wait for something to happen to a tenant, and those who follow what happens to many.
//!
//! The database's bell says only that something happened, to whichever tenant. So one asks for all, in one query, which of
//! the tenants that somebody waits for have another row than before, and wakes those who wait for them; who is woken looks
//! for themselves, a few at a time, so that however many wait, others find a connection too. A bell that is missed costs
//! [`LONGEST_SLEEP`], never an answer.
//!
//! | module | for |
//! |---|---|
//! | [`feed`] | those who follow |
//! | [`horizon`] | how far they may look |

mod feed;
mod horizon;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::TenantId;
use storage::{Bell, Doorbell, RowState, Store};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use feed::Feed;
pub(crate) use feed::{Audience, Follower};
use horizon::Horizon;

/// How long a waiter sleeps at most before it looks again.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);
/// A waiter rests so many times as long as its last look took, however often it is woken: news reaches it at once while
/// the database is quick, and those who wait leave it most of its time when it is not.
const REST: u32 = 4;

/// Who waits for what. Clones are the same.
#[derive(Clone, Debug)]
pub struct News(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The row each tenant that somebody waits for was last seen with; `None` until the first ring.
    awaited: Mutex<HashMap<TenantId, watch::Sender<Option<RowState>>>>,
    feed: Arc<Feed>,
    turns: Arc<Semaphore>,
}

impl Shared {
    /// Nothing is left half-way by one that panicked.
    fn awaited(&self) -> MutexGuard<'_, HashMap<TenantId, watch::Sender<Option<RowState>>>> {
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl News {
    /// `turns`: how many of those who were woken look at once; each takes a connection for that long.
    #[must_use]
    pub fn new(turns: usize) -> Self {
        let turns = Arc::new(Semaphore::new(turns));
        Self(Arc::new(Shared { awaited: Mutex::default(), feed: Arc::default(), turns }))
    }

    /// Wakes those the database's rings are for, until `stop`.
    pub async fn follow(&self, store: &Store, stop: CancellationToken) {
        let mut doorbell = Doorbell::listen(store, Bell::News);
        let turning = async {
            let (mut horizon, mut again) = (Horizon::default(), None);
            loop {
                tokio::select! {
                    _ = doorbell.rung() => self.tell(store).await,
                    () = self.0.feed.joined.notified() => {}
                    () = after(again) => {}
                }
                again = self.0.feed.turn(&mut horizon, store).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = turning => {}
        }
    }

    async fn tell(&self, store: &Store) {
        let awaited: Vec<TenantId> = self.0.awaited().keys().copied().collect();
        if awaited.is_empty() {
            return;
        }
        match store.row_states(&awaited).await {
            Ok(states) => {
                let awaited = self.0.awaited();
                for (tenant, state) in states {
                    if let Some(seen) = awaited.get(&tenant) {
                        seen.send_if_modified(|seen| seen.replace(state) != Some(state));
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "who waits is not woken, and looks in a while"),
        }
    }

    /// One who waits for something to happen to a tenant. To be made before the first look, so that nothing is missed
    /// between the look and the wait.
    pub(crate) fn listen(&self, tenant: TenantId) -> Listener {
        let changes = self.0.awaited().entry(tenant).or_default().subscribe();
        Listener { shared: Arc::clone(&self.0), tenant, changes, looked: Instant::now(), turn: None }
    }

    /// One who follows all that happens to an audience's tenants.
    pub(crate) fn join(&self, audience: Audience) -> Follower {
        self.0.feed.join(audience, Arc::clone(&self.0.turns))
    }
}

/// Never, if there is no such time.
async fn after(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}

/// One who waits.
pub(crate) struct Listener {
    shared: Arc<Shared>,
    tenant: TenantId,
    changes: watch::Receiver<Option<RowState>>,
    /// When they last looked, or were about to.
    looked: Instant,
    /// Held while they look.
    turn: Option<OwnedSemaphorePermit>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut awaited = self.shared.awaited();
        // Ours is still among its receivers.
        if awaited.get(&self.tenant).is_some_and(|seen| seen.receiver_count() <= 1) {
            awaited.remove(&self.tenant);
        }
    }
}

impl Listener {
    /// Returns when the row may have become another that concerns them and it is their turn to look; `false` once `until` has
    /// come or the process is about to end.
    pub(crate) async fn wait(
        &mut self,
        until: Instant,
        stop: &CancellationToken,
        concerns: impl Fn(RowState) -> bool,
    ) -> bool {
        self.turn = None;
        let now = Instant::now();
        let rested = now + (now - self.looked) * REST;
        if now >= until || stop.is_cancelled() {
            return false;
        }
        tokio::select! {
            () = stop.cancelled() => return false,
            () = self.changed(concerns) => {}
            () = tokio::time::sleep_until((now + LONGEST_SLEEP).min(until)) => {}
        }
        tokio::time::sleep_until(rested.min(until)).await;
        // Whose time is over takes a turn if one is free, and else answers with what was seen last.
        let turn = tokio::select! {
            () = stop.cancelled() => return false,
            turn = timeout_at(until, Arc::clone(&self.shared.turns).acquire_owned()) => turn,
        };
        self.turn = turn.ok().and_then(Result::ok);
        self.looked = Instant::now();
        self.turn.is_some()
    }

    /// Its sender lives as long as there is a listener.
    async fn changed(&mut self, concerns: impl Fn(RowState) -> bool) {
        while self.changes.changed().await.is_ok() {
            if self.changes.borrow_and_update().is_none_or(&concerns) {
                return;
            }
        }
    }
}
