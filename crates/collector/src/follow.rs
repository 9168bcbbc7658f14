//! While somebody watches a tenant: all its containers are followed, and new ones as they come.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use domain::log::LogSource;
use provisioner::container::EngineError;
use tokio::task::{JoinError, JoinSet};

use crate::Shared;
use crate::ledger::{Ledger, lock};
use crate::reading::{Seen, Until, read};

/// How often containers are looked at though nothing rang.
const PERIOD: Duration = Duration::from_secs(5);
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Which was read, and how that ended.
type Read = (LogSource, Result<bool, EngineError>);

/// Follows until `stop`.
struct Follower {
    shared: Arc<Shared>,
    ledger: Arc<Ledger>,
    readers: JoinSet<Read>,
    followed: HashSet<LogSource>,
    /// Those that have ended and were read to their end since.
    read: HashSet<LogSource>,
    /// In which that was.
    epoch: u64,
    failures: u32,
}

/// One log that the engine streams to us, for the platform's own metrics.
struct Stream;

impl Stream {
    fn open() -> Self {
        metrics::gauge!("fresco_engine_log_streams").increment(1.0);
        Self
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        metrics::gauge!("fresco_engine_log_streams").decrement(1.0);
    }
}

/// Has a ledger followed, unless it is.
pub(crate) fn start(shared: &Arc<Shared>, ledger: &Arc<Ledger>) {
    let mut follower = lock(&ledger.follower);
    if follower.is_some() {
        return;
    }
    let stop = shared.stop.child_token();
    *follower = Some(stop.clone());
    let follower = Follower {
        shared: Arc::clone(shared),
        ledger: Arc::clone(ledger),
        readers: JoinSet::new(),
        followed: HashSet::new(),
        read: HashSet::new(),
        epoch: 0,
        failures: 0,
    };
    shared.tasks.spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = follower.run() => {}
        }
    });
}

/// Ends it, if nobody watches.
pub(crate) fn stop(ledger: &Ledger) {
    if let Some(stop) = lock(&ledger.follower).take() {
        stop.cancel();
    }
}

impl Follower {
    async fn run(mut self) {
        loop {
            match self.shared.look(&self.ledger).await {
                Ok(Some(seen)) => self.follow(seen),
                // What they saw is known, and not followed: at once again.
                Ok(None) => continue,
                Err(error) => self.failed(&error),
            }
            self.ledger.core().tell_all();
            self.rest().await;
        }
    }

    fn follow(&mut self, seen: Vec<Seen>) {
        let epoch = self.ledger.core().epoch;
        if std::mem::replace(&mut self.epoch, epoch) != epoch {
            // What could not be kept of those that have ended is read again.
            self.read.clear();
        }
        for container in seen {
            let source = container.source;
            if container.runs {
                self.read.remove(&source);
            } else if self.read.contains(&source) {
                self.shared.note_end(&self.ledger, &container);
                continue;
            }
            if self.followed.insert(source) {
                let (shared, ledger) = (Arc::clone(&self.shared), Arc::clone(&self.ledger));
                let until = if container.runs { Until::Ended } else { Until::Now };
                let stream = Stream::open();
                self.readers.spawn(async move {
                    let _stream = stream;
                    (source, read(&shared, &ledger, &container, until).await)
                });
            }
        }
    }

    /// Until there is a reason to look again, or after a failure a while.
    async fn rest(&mut self) {
        let pause = SHORTEST_PAUSE.saturating_mul(1 << self.failures.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
        if self.failures > 0 {
            self.while_ticking(tokio::time::sleep(pause)).await;
        }
        let (ledger, due) = (Arc::clone(&self.ledger), tokio::time::Instant::now() + PERIOD);
        loop {
            let tick = ledger.core().due();
            tokio::select! {
                ended = self.readers.join_next(), if !self.readers.is_empty() => {
                    self.ended(ended);
                    return;
                }
                () = ledger.bell.notified() => return,
                () = tokio::time::sleep_until(due) => return,
                () = tokio::time::sleep_until(tick.unwrap_or(due)), if tick.is_some() => {
                    ledger.core().tick(tokio::time::Instant::now());
                }
            }
        }
    }

    async fn while_ticking(&self, pause: tokio::time::Sleep) {
        pause.await;
        self.ledger.core().tick(tokio::time::Instant::now());
    }

    fn ended(&mut self, ended: Option<Result<Read, JoinError>>) {
        match ended {
            Some(Ok((source, Ok(whole)))) => {
                self.followed.remove(&source);
                if whole {
                    self.read.insert(source);
                }
                self.failures = 0;
            }
            Some(Ok((source, Err(error)))) => {
                self.followed.remove(&source);
                if !matches!(error, EngineError::NotFound { .. }) {
                    self.failed(&error);
                }
            }
            // Told to end after another one's panic.
            Some(Err(error)) if error.is_cancelled() => {}
            // One that panicked can't say which it read: all are followed anew.
            Some(Err(error)) => {
                tracing::error!(tenant.id = %self.ledger.tenant, %error, "reading a log panicked");
                self.readers.abort_all();
                self.followed.clear();
                self.failures += 1;
            }
            None => {}
        }
    }

    fn failed(&mut self, error: &EngineError) {
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(tenant.id = %self.ledger.tenant, %error, "a log that is watched can't be followed now; trying again");
    }
}
