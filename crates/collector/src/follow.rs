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
    /// One after the other.
    failures: u32,
    /// Whether a reader was among them since the last look that succeeded.
    reader_failed: bool,
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
        reader_failed: false,
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
                Ok(Some(seen)) => {
                    if !std::mem::take(&mut self.reader_failed) {
                        self.failures = 0;
                    }
                    self.follow(seen);
                }
                // What they saw is known, and not followed: at once again.
                Ok(None) => continue,
                Err(error) => {
                    self.failed(&error);
                    self.pause().await;
                    continue;
                }
            }
            self.ledger.core().tell_all();
            self.rest().await;
            if self.reader_failed {
                self.pause().await;
            }
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

    /// After a failure, before it is tried again: the first time not at all.
    async fn pause(&self) {
        let Some(doubled) = self.failures.checked_sub(2) else { return };
        self.while_ticking(SHORTEST_PAUSE.saturating_mul(1 << doubled.min(10)).min(LONGEST_PAUSE)).await;
    }

    /// Until there is a reason to look again.
    async fn rest(&mut self) {
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

    async fn while_ticking(&self, pause: Duration) {
        let end = tokio::time::Instant::now() + pause;
        loop {
            let tick = self.ledger.core().due();
            tokio::select! {
                () = tokio::time::sleep_until(end) => return,
                () = tokio::time::sleep_until(tick.unwrap_or(end)), if tick.is_some() => {
                    self.ledger.core().tick(tokio::time::Instant::now());
                }
            }
        }
    }

    fn ended(&mut self, ended: Option<Result<Read, JoinError>>) {
        match ended {
            Some(Ok((source, Ok(whole)))) => {
                self.followed.remove(&source);
                if whole {
                    self.read.insert(source);
                }
            }
            Some(Ok((source, Err(error)))) => {
                self.followed.remove(&source);
                if !matches!(error, EngineError::NotFound { .. }) {
                    self.reader_failed = true;
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
                (self.failures, self.reader_failed) = (self.failures.saturating_add(1), true);
            }
            None => {}
        }
    }

    fn failed(&mut self, error: &EngineError) {
        self.failures = self.failures.saturating_add(1);
        tracing::warn!(tenant.id = %self.ledger.tenant, %error, "a log that is watched can't be followed now; trying again");
    }
}
