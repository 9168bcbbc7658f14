//! Looks at all containers in one call, and rings for the tenants that are not as they should be.
//!
//! The first look comes at once: a daemon that starts settles with it whatever happened while it was away. Then it finds
//! what an event missed within one period, at the cost of one list and one query however many tenants there are. When it
//! has looked, what it did not ring for is as fresh as the look: that is what keeps a green status honest.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::TenantId;
use domain::tenant::DesiredState;
use provisioner::container::{ListedContainer, Phase};
use storage::Expectation;
use tokio_util::sync::CancellationToken;

use crate::{Reconciler, backoff};

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    loop {
        if let Err(error) = look(&shared).await {
            tracing::warn!(%error, "the periodic look failed; statuses grow old until it succeeds");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff::jitter(shared.settings.pace.resync, &*shared.entropy)) => {}
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Engine(#[from] provisioner::container::EngineError),
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
}

async fn look(shared: &Reconciler) -> Result<(), LookError> {
    let at = shared.clock.now();
    // In this order: a container that is made meanwhile belongs to a tenant that somebody was at when the rows were read.
    let expected = shared.store.expected().await?;
    shared.tenants.store(expected.len(), Ordering::Relaxed);
    let containers = shared.parts.engine.list_containers(&shared.settings.platform_id).await?;
    let drifted = drifted(&containers, &expected, |tenant| shared.in_hand.contains(tenant));
    if !drifted.is_empty() {
        tracing::info!(count = drifted.len(), "tenants are not as they should be; looking at each");
        shared.store.ring_for_drift(&drifted).await?;
    }
    shared.store.mark_looked(at).await?;
    Ok(())
}

/// The settled tenants whose container is not what their row says.
fn drifted(containers: &[ListedContainer], expected: &[Expectation], busy: impl Fn(TenantId) -> bool) -> Vec<TenantId> {
    let serving: HashMap<TenantId, &ListedContainer> = containers
        .iter()
        .filter_map(|container| container.owner.as_ref().map(|owner| (owner, container)))
        .filter(|(owner, _)| owner.phase == Phase::Serve)
        .map(|(owner, container)| (owner.tenant, container))
        .collect();
    expected
        .iter()
        .filter(|expected| is_settled(expected) && !busy(expected.tenant))
        .filter(|expected| !as_expected(expected, serving.get(&expected.tenant).copied()))
        .map(|expected| expected.tenant)
        .collect()
}

/// Whether its last pass ended well and nothing was asked for since: others come back by themselves.
const fn is_settled(expected: &Expectation) -> bool {
    !expected.claimed && expected.attempts == 0 && expected.generation == expected.observed_generation
}

fn as_expected(expected: &Expectation, found: Option<&ListedContainer>) -> bool {
    match (expected.desired_state, found) {
        (DesiredState::Running, Some(container)) => {
            container.may_run && expected.container.as_ref() == Some(&container.id)
        }
        (DesiredState::Running, None) => false,
        (DesiredState::Stopped, Some(container)) => !container.may_run,
        (DesiredState::Stopped | DesiredState::Destroyed, None) => true,
        (DesiredState::Destroyed, Some(_)) => false,
    }
}
