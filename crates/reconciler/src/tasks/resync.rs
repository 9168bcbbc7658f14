//! Looks at all containers and all databases in one call each, and rings for the tenants that are not as they should be.
//!
//! The first look comes at once: a daemon that starts settles with it whatever happened while it was away. Then it finds
//! what an event missed within one period, at the cost of one list, two queries however many tenants there are. When it
//! has looked, what it did not ring for is as fresh as the look: that is what keeps a green status honest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use domain::TenantId;
use tokio_util::sync::CancellationToken;

use super::drift::{self, Containers};
use crate::{Reconciler, backoff};

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    let mut before = None;
    loop {
        if let Err(error) = look(&shared, &mut before).await {
            tracing::warn!(%error, "the periodic look failed; statuses grow old until it succeeds");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff::jitter(shared.settings.pace.resync, &*shared.entropy)) => {}
        }
    }
}

/// How the databases looked, and when.
struct Databases {
    at: DateTime<Utc>,
    fingerprints: BTreeMap<TenantId, u64>,
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Engine(#[from] provisioner::container::EngineError),
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
}

async fn look(shared: &Reconciler, before: &mut Option<Databases>) -> Result<(), LookError> {
    let at = shared.clock.now();
    // In this order: a container that is made meanwhile belongs to a tenant that somebody was at when the rows were read.
    let expected = shared.store.expected().await?;
    shared.tenants.store(expected.len(), Ordering::Relaxed);
    let (containers, databases) = tokio::join!(
        shared.parts.engine.list_containers(&shared.settings.platform_id),
        shared.parts.databases.fingerprints()
    );
    let containers = containers?;
    let containers = Containers::of(&containers);
    *shared.strange.lock().unwrap_or_else(PoisonError::into_inner) = containers.strange();
    let settled =
        || expected.iter().filter(|expected| drift::is_settled(expected) && !shared.in_hand.contains(expected.tenant));
    let mut drifted: BTreeSet<TenantId> =
        settled().filter(|expected| !containers.are_as(expected)).map(|expected| expected.tenant).collect();
    match databases {
        Ok(fingerprints) => {
            if let Some(before) = before {
                let altered = settled()
                    .filter(|expected| drift::is_altered(expected, before.at, (&before.fingerprints, &fingerprints)));
                drifted.extend(altered.map(|expected| expected.tenant));
            }
            *before = Some(Databases { at, fingerprints });
        }
        // What depends on it says so by itself; containers are looked at all the same.
        Err(error) => tracing::warn!(%error, "the tenants' databases could not be looked at"),
    }
    if !drifted.is_empty() {
        tracing::info!(count = drifted.len(), "tenants are not as they should be; looking at each");
        shared.store.ring_for_drift(&drifted.into_iter().collect::<Vec<_>>()).await?;
    }
    shared.store.mark_looked(at).await?;
    Ok(())
}
