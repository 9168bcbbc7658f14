//! Wakes requests that wait for something to happen.
//!
//! The bell says only that something happened, to whichever tenant; who is woken looks for themselves. A bell that is
//! missed costs [`LONGEST_SLEEP`], never an answer.

use std::time::Duration;

use storage::{Bell, Doorbell, Store};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a waiter sleeps at most before it looks again.
const LONGEST_SLEEP: Duration = Duration::from_secs(2);
/// A waiter rests so many times as long as its last look took, however often the bell rings: news reaches it at once while
/// the database is quick, and those who wait leave it most of its time when it is not.
const REST: u32 = 4;

/// Counts the rings.
#[derive(Clone, Debug, Default)]
pub struct News(watch::Sender<u64>);

impl News {
    /// Passes the database's rings on until `stop`.
    pub async fn follow(&self, store: &Store, stop: CancellationToken) {
        let mut doorbell = Doorbell::listen(store, Bell::News);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = doorbell.rung() => self.0.send_modify(|count| *count = count.wrapping_add(1)),
            }
        }
    }

    pub(crate) fn listen(&self) -> Listener {
        Listener { rings: self.0.subscribe(), looked: Instant::now() }
    }
}

/// One who waits. Made before the first look, so that nothing is missed between the look and the wait.
pub(crate) struct Listener {
    rings: watch::Receiver<u64>,
    /// When they last looked, or were about to.
    looked: Instant,
}

impl Listener {
    /// Returns when there may be something new; `false` once `until` has come or the process is about to end.
    pub(crate) async fn wait(&mut self, until: Instant, stop: &CancellationToken) -> bool {
        let now = Instant::now();
        let rested = now + (now - self.looked) * REST;
        if now >= until || stop.is_cancelled() {
            return false;
        }
        tokio::select! {
            () = stop.cancelled() => return false,
            // Its sender lives in the state, so it is never closed.
            _ = self.rings.changed() => {}
            () = tokio::time::sleep_until((now + LONGEST_SLEEP).min(until)) => {}
        }
        tokio::time::sleep_until(rested.min(until)).await;
        self.looked = Instant::now();
        true
    }
}
