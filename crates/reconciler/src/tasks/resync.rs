//! Looks at all containers, all databases and all routes in one call each, and rings for the tenants that are not as they
//! should be.
//!
//! The first look comes at once: a daemon that starts settles with it what happened while it was away. Then it finds what an
//! event missed within one period, at the cost of two lists and two queries however many tenants there are. When it has looked,
//! what it did not ring for is as fresh as the look: that is what keeps a green status honest. What no list tells (limits, what
//! databases were before) may have been changed while it was away too, or while the engine was: after the first look each
//! tenant is looked at in full as soon as the pace allows.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use domain::TenantId;
use storage::Expectation;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::drift::{self, Containers};
use crate::repeats::Repeats;
use crate::{Reconciler, backoff};

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    let mut memory = Memory::default();
    let mut repeats = Repeats::default();
    let mut was_away = true;
    loop {
        match turn(&shared, &mut memory, was_away).await {
            Ok(()) => {
                was_away = false;
                repeats.over();
            }
            Err(error) => {
                was_away = true;
                if repeats.is_due(&error) {
                    tracing::warn!(%error, "the periodic look failed; statuses grow old until it succeeds");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            // It has started containers by itself, and given them whichever addresses.
            () = shared.engine_is_back.notified() => was_away = true,
            () = tokio::time::sleep(backoff::jitter(shared.settings.pace.resync, &*shared.entropy)) => {}
        }
    }
}

/// How the databases of settled tenants looked.
type Fingerprints = HashMap<TenantId, u64>;

/// What one look leaves for the next.
#[derive(Debug, Default)]
struct Memory {
    fingerprints: Fingerprints,
    databases: Repeats,
    routes: Repeats,
}

#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Engine(#[from] provisioner::container::EngineError),
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
}

async fn turn(shared: &Reconciler, memory: &mut Memory, was_away: bool) -> Result<(), LookError> {
    look(shared, memory).await?;
    if was_away {
        let pace = &shared.settings.pace;
        shared.store.bring_looks_forward(pace.full_looks_per_second.max(1), pace.full_looks_in_a_period()).await?;
    }
    Ok(())
}

async fn look(shared: &Reconciler, memory: &mut Memory) -> Result<(), LookError> {
    let at = shared.clock.now();
    // In this order: a container that is made meanwhile belongs to a tenant that somebody was at when the rows were read.
    let mut expected = shared.expected.lock().await;
    shared.store.read_expected(&mut expected).await?;
    shared.tenants.store(expected.len(), Ordering::Relaxed);
    // Whoever does not answer holds up what the others tell for no longer than a period.
    let patience = shared.settings.pace.resync;
    let (containers, databases, routes) = tokio::join!(
        shared.parts.engine.list_containers(&shared.settings.platform_id),
        timeout(patience, shared.parts.databases.fingerprints()),
        timeout(patience, shared.parts.routes.survey())
    );
    let containers = containers?;
    let containers = Containers::of(&containers);
    *shared.strange.lock().unwrap_or_else(PoisonError::into_inner) = containers.strange();
    // Others come back by themselves.
    let is_quiet = |quiet: &Quiet<'_>| quiet.1.is_settled && !shared.in_hand.contains(quiet.0);
    let quiet: Vec<Quiet<'_>> = expected.iter().filter(is_quiet).collect();
    let mut drifted: BTreeSet<TenantId> =
        those(&quiet, |tenant, expected| !containers.are_as(tenant, expected)).collect();
    // What depends on these says so by itself; the others are looked at all the same.
    let databases = answered("the tenants' databases", &mut memory.databases, databases);
    let prints = databases.map(|now| prints_of(&quiet, &now));
    if let Some(now) = &prints {
        drifted.extend(altered(&memory.fingerprints, now, &quiet));
    }
    if let Some(routes) = answered("the routes", &mut memory.routes, routes) {
        drifted.extend(those(&quiet, |tenant, expected| !drift::is_routed_as_left(tenant, expected, &routes)));
    }
    if !drifted.is_empty() {
        tracing::info!(count = drifted.len(), "tenants are not as they should be; looking at each");
        shared.store.ring_for_drift(&drifted.into_iter().collect::<Vec<_>>()).await?;
    }
    shared.store.mark_looked(at, prints.is_some()).await?;
    // Not before: what nobody could be rung for is found again.
    if let Some(now) = prints {
        memory.fingerprints = now;
    }
    Ok(())
}

/// What a look has told; nothing, and a line in the log now and then, if it failed or took too long.
fn answered<T, E: std::error::Error>(
    what: &str,
    repeats: &mut Repeats,
    look: Result<Result<T, E>, Elapsed>,
) -> Option<T> {
    let failure = match look {
        Ok(Ok(answer)) => {
            repeats.over();
            return Some(answer);
        }
        Ok(Err(error)) => error.to_string(),
        Err(elapsed) => elapsed.to_string(),
    };
    if repeats.is_due(&failure) {
        tracing::warn!(error = failure, "{what} could not be looked at");
    }
    None
}

/// A tenant that should be as it was left.
type Quiet<'a> = (TenantId, &'a Expectation);

/// Those of whom it is true.
fn those(quiet: &[Quiet<'_>], is_one: impl Fn(TenantId, &Expectation) -> bool) -> impl Iterator<Item = TenantId> {
    quiet.iter().filter(move |(tenant, expected)| is_one(*tenant, expected)).map(|(tenant, _)| *tenant)
}

/// How those of the quiet are now. What a pass of ours was at in between is compared from the next look on.
fn prints_of(quiet: &[Quiet<'_>], now: &BTreeMap<TenantId, u64>) -> Fingerprints {
    quiet.iter().filter_map(|(tenant, _)| Some((*tenant, *now.get(tenant)?))).collect()
}

/// The tenants whose role, database or schema somebody has altered since the last look.
fn altered(before: &Fingerprints, now: &Fingerprints, quiet: &[Quiet<'_>]) -> Vec<TenantId> {
    those(quiet, |tenant, _| before.get(&tenant).is_some_and(|print| now.get(&tenant) != Some(print))).collect()
}
