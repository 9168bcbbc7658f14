//! Seals the audit log: what was written since the last time, an organisation after the other.
//!
//! Not one of the loop's tasks: it needs no engine, and what is written while one is away is to be sealed all the same.

use std::sync::Arc;
use std::time::Duration;

use domain::Entropy;
use storage::Store;
use tokio_util::sync::CancellationToken;

use crate::backoff;

/// How long a line stands there without a seal, at most.
const PERIOD: Duration = Duration::from_secs(5);

/// Until `stop`.
pub async fn seal_audit(store: Store, entropy: Arc<dyn Entropy>, stop: CancellationToken) {
    loop {
        let rest = match store.seal_audit().await {
            // A seal takes so many lines; there may be more.
            Ok(sealed) if sealed > 0 => PERIOD / 10,
            Ok(_) => PERIOD,
            Err(error) => {
                // Another process was quicker, or the database doesn't answer: it is tried again either way.
                tracing::debug!(%error, "the audit log was not sealed this time");
                PERIOD
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff::jitter(rest, &*entropy)) => {}
        }
    }
}
