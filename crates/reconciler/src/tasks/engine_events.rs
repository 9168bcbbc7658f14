//! Listens to the engine and rings for the tenants it speaks of.
//!
//! An event carries nothing we act on. The stream may end at any time; what was missed meanwhile, the resync finds, which is
//! told when there is a stream again.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use provisioner::container::{EngineError, EngineEvent, Phase};
use storage::Priority;
use tokio_util::sync::CancellationToken;

use crate::repeats::Repeats;
use crate::{Reconciler, backoff};

const RECONNECT_FIRST: Duration = Duration::from_millis(200);
const RECONNECT_MOST: Duration = Duration::from_secs(10);

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    let mut failures = 0;
    let mut repeats = Repeats::default();
    loop {
        let heard = tokio::select! {
            () = stop.cancelled() => return,
            heard = listen(&shared, &mut failures) => heard,
        };
        if failures == 0 {
            repeats.over();
        }
        if let Err(error) = heard
            && repeats.is_due(&error)
        {
            tracing::warn!(%error, "the engine's events stopped; listening again");
        }
        failures += 1;
        let pause = backoff::delay(RECONNECT_FIRST, RECONNECT_MOST, failures, &*shared.entropy);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn listen(shared: &Reconciler, failures: &mut u32) -> Result<(), EngineError> {
    let mut events = shared.parts.engine.events(&shared.settings.platform_id).await?;
    if *failures > 0 {
        shared.engine_is_back.notify_one();
    }
    *failures = 0;
    while let Some(event) = events.next().await {
        ring(shared, &event?).await;
    }
    Ok(())
}

/// Our own actions make events too: a tenant in hand needs no ring, and a probe is no part of it. What an update changes
/// is in no list, so that the resync would miss it: there one look too many is better than one too few.
async fn ring(shared: &Reconciler, event: &EngineEvent) {
    let tenant = event.owner.tenant;
    let is_updated = event.action == "update";
    if event.owner.phase == Phase::Probe || (shared.in_hand.contains(tenant) && !is_updated) {
        return;
    }
    tracing::debug!(tenant.id = %tenant, action = event.action, "engine event");
    if let Err(error) = shared.store.ring(tenant, Priority::Background).await {
        tracing::warn!(tenant.id = %tenant, %error, "could not ring for an engine event; the resync will");
    }
}
