//! Forgets what has served its time: what was answered to requests with an idempotency key, and drafts that have expired.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::Clock;
use storage::Store;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_secs(600);

/// Until `stop`.
pub async fn forget(store: Store, keep: Duration, clock: Arc<dyn Clock>, stop: CancellationToken) {
    let keep = TimeDelta::from_std(keep).unwrap_or(TimeDelta::MAX);
    loop {
        if let Some(before) = clock.now().checked_sub_signed(keep)
            && let Err(error) = store.prune_answers(before).await
        {
            tracing::warn!(%error, "old answers can't be forgotten");
        }
        if let Err(error) = store.prune_signups(clock.now()).await {
            tracing::warn!(%error, "expired drafts can't be forgotten");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}
