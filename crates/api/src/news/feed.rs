//! Tells those who follow the events of many tenants up to which number there is something for them.
//!
//! Each has its own place in the history, and reads on from there: nothing is kept for one who is slow, and nothing is lost.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::OrganisationId;
use storage::{Scope, Store};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::horizon::Horizon;
use super::{LONGEST_SLEEP, REST};

/// When a number is looked for again that was given and is not seen yet.
const IN_DOUBT: Duration = Duration::from_millis(25);

/// Whose events somebody follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Audience {
    Everybody,
    Of(OrganisationId),
}

impl Audience {
    /// `None` for whoever sees no organisation's.
    pub(crate) fn of(scope: Scope) -> Option<Self> {
        match scope {
            Scope::Operator => Some(Self::Everybody),
            Scope::Member { organisation, .. } => Some(Self::Of(organisation)),
            Scope::User(_) | Scope::Visitor(_) => None,
        }
    }
}

/// Who follows.
#[derive(Debug, Default)]
pub(super) struct Feed {
    told: Mutex<Told>,
    /// Somebody came.
    pub(super) joined: Notify,
}

#[derive(Debug, Default)]
struct Told {
    /// Up to which number all are settled, while somebody follows and once it is known.
    settled: Option<i64>,
    audiences: HashMap<Audience, watch::Sender<Option<i64>>>,
}

impl Feed {
    /// Nothing is left half-way by one that panicked.
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the horizon, and says when it is to be looked at again unasked; `None` while nobody follows.
    pub(super) async fn turn(&self, horizon: &mut Horizon, store: &Store) -> Option<Duration> {
        {
            let mut told = self.told();
            if told.audiences.is_empty() {
                (*horizon, told.settled) = (Horizon::default(), None);
                return None;
            }
        }
        let moved = horizon.look(store).await;
        if let Some((settled, concerned)) = horizon.take() {
            self.tell(settled, &concerned);
        }
        match moved {
            Ok(true) => Some(LONGEST_SLEEP),
            Ok(false) => Some(IN_DOUBT),
            Err(error) => {
                tracing::debug!(%error, "who follows is told of nothing, until a look in a while");
                Some(LONGEST_SLEEP)
            }
        }
    }

    /// Wakes those whom events up to this number concern; the others find it when they look.
    fn tell(&self, settled: i64, concerned: &HashSet<OrganisationId>) {
        let mut told = self.told();
        let is_first = told.settled.replace(settled).is_none();
        for (audience, sender) in &told.audiences {
            let is_concerned = match audience {
                Audience::Everybody => !concerned.is_empty(),
                Audience::Of(organisation) => concerned.contains(organisation),
            };
            sender.send_if_modified(|seen| {
                *seen = Some(settled);
                is_first || is_concerned
            });
        }
    }

    pub(super) fn join(self: &Arc<Self>, audience: Audience, turns: Arc<Semaphore>) -> Follower {
        let mut told = self.told();
        let settled = told.settled;
        let sender = told.audiences.entry(audience).or_insert_with(|| watch::Sender::new(settled));
        let settled = sender.subscribe();
        drop(told);
        self.joined.notify_one();
        Follower { feed: Arc::clone(self), audience, settled, turns, rested: Instant::now() }
    }
}

/// One who follows.
pub(crate) struct Follower {
    feed: Arc<Feed>,
    audience: Audience,
    settled: watch::Receiver<Option<i64>>,
    turns: Arc<Semaphore>,
    /// Does not look again before.
    rested: Instant,
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut told = self.feed.told();
        // Ours is still among its receivers.
        if told.audiences.get(&self.audience).is_some_and(|sender| sender.receiver_count() <= 1) {
            told.audiences.remove(&self.audience);
        }
    }
}

impl Follower {
    /// Up to where they may look, once that is known.
    pub(crate) async fn begin(&mut self) -> i64 {
        // Its sender lives as long as there is a follower.
        let known = self.settled.wait_for(Option::is_some).await.ok().and_then(|settled| *settled);
        known.unwrap_or_default()
    }

    /// Up to where they may look by now.
    pub(crate) fn settled(&mut self) -> i64 {
        self.settled.borrow_and_update().unwrap_or_default()
    }

    /// Returns when there is something for them.
    pub(crate) async fn changed(&mut self) {
        if self.settled.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Looks when it is their turn: each takes a connection for that long, and rests after it as who waits does.
    pub(crate) async fn look<T>(&mut self, look: impl Future<Output = T>) -> T {
        tokio::time::sleep_until(self.rested).await;
        let turn: Option<OwnedSemaphorePermit> = Arc::clone(&self.turns).acquire_owned().await.ok();
        let began = Instant::now();
        let seen = look.await;
        drop(turn);
        self.rested = Instant::now() + (Instant::now() - began) * REST;
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_goes_leaves_nothing_and_who_is_not_concerned_sleeps() {
        let feed = Arc::new(Feed::default());
        let turns = Arc::new(Semaphore::new(1));
        let [mine, theirs] = [1, 2].map(|number| OrganisationId::from_uuid(uuid::Uuid::from_u128(number)));
        let join = |audience| feed.join(audience, Arc::clone(&turns));
        let (mut one, mut same, other) =
            (join(Audience::Of(mine)), join(Audience::Of(mine)), join(Audience::Everybody));
        assert_eq!(feed.told().audiences.len(), 2);
        feed.tell(7, &HashSet::new());
        assert_eq!((one.begin().await, same.begin().await), (7, 7), "all are told where they begin");
        feed.tell(8, &HashSet::from([theirs]));
        let asleep = tokio::time::timeout(Duration::from_millis(20), one.changed()).await;
        assert!(asleep.is_err());
        assert_eq!(one.settled(), 8, "they find it when they look");
        feed.tell(9, &HashSet::from([mine]));
        one.changed().await;
        drop((one, other));
        assert_eq!(feed.told().audiences.len(), 1);
        drop(same);
        assert!(feed.told().audiences.is_empty());
    }
}
