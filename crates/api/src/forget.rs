//! Forgets what has served its time: what was answered to requests with an idempotency key, drafts that have expired, and what
//! proved who somebody was.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Clock;
use storage::{StorageError, Store};
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_secs(600);

/// How long it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// What was answered to a request with an idempotency key.
    pub answers: Duration,
    /// Sessions from their end, and used refresh tokens from their use.
    pub ended: Duration,
}

/// Until `stop`.
pub async fn forget(store: Store, keep: Retention, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        let now = clock.now();
        if let Some(before) = earlier(now, keep.answers) {
            note("old answers", store.prune_answers(before).await);
        }
        note("expired drafts", store.prune_signups(now).await);
        if let Some(before) = earlier(now, keep.ended) {
            note("ended sessions and what expired", store.forget_proofs(before, now).await.map(|gone| gone.all()));
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// `None`: longer ago than time reaches.
fn earlier(now: DateTime<Utc>, by: Duration) -> Option<DateTime<Utc>> {
    now.checked_sub_signed(TimeDelta::from_std(by).ok()?)
}

fn note(what: &str, forgotten: Result<u64, StorageError>) {
    match forgotten {
        Ok(0) => {}
        Ok(count) => tracing::debug!(what, count, "forgotten"),
        Err(error) => tracing::warn!(what, %error, "can't be forgotten"),
    }
}
