//! One gate a part: it passes, or says what must happen first.

use std::net::SocketAddr;

use chrono::{DateTime, Utc};

use super::{Blocker, Decision, Gate, Part, Waiting};
use crate::tenant::desired::{Desired, Resolved};
use crate::tenant::observed::{ContainerState, DatabaseState, Observed, ReleaseContainer, ServeContainer, World};
use crate::tenant::step::Step;

pub(super) const fn pass() -> Gate {
    Ok(())
}

pub(super) const fn first<T>(step: Step) -> Gate<T> {
    Err(Decision::Do(step))
}

pub(super) const fn wait<T>(reason: Waiting) -> Gate<T> {
    Err(Decision::Wait(reason))
}

/// What we know of a part; stops where we know nothing.
pub(super) fn known<T>(part: Part, observed: &Observed<T>) -> Gate<Option<&T>> {
    match observed {
        Observed::Unknown => wait(Waiting::Unknown(part)),
        Observed::Absent => Ok(None),
        Observed::Present(value) => Ok(Some(value)),
    }
}

pub(super) fn network(world: &World) -> Gate {
    match known(Part::Network, &world.network)? {
        Some(()) => pass(),
        None => first(Step::EnsureNetwork),
    }
}

pub(super) fn image<'a>(desired: &'a Desired, world: &World) -> Gate<&'a Resolved> {
    let held = known(Part::Image, &world.image)?;
    match &desired.resolved {
        Some(resolved) if held.is_some_and(|held| held.id == resolved.pin.id) => Ok(resolved),
        Some(_) | None => first(Step::EnsureImage),
    }
}

pub(super) fn role(world: &World) -> Gate {
    match known(Part::Role, &world.role)? {
        Some(role) if role.conforms => pass(),
        Some(_) | None => first(Step::EnsureRole),
    }
}

/// A database that a release once prepared is never made anew: an empty one in its place would hide the loss.
pub(super) fn database(world: &World) -> Gate<&DatabaseState> {
    match known(Part::Database, &world.database)?.filter(|database| !database.ruined) {
        Some(database) if database.conforms => Ok(database),
        Some(_) => first(Step::EnsureDatabase),
        None => match known(Part::Released, &world.released)? {
            Some(_) => Err(Decision::Blocked(Blocker::DatabaseLost)),
            None => first(Step::EnsureDatabase),
        },
    }
}

/// People are sent to the address of a running container of ours or nowhere: the engine gives the address of one that
/// has ended to another tenant's.
pub(super) fn honest(desired: &Desired, world: &World) -> Gate {
    let Some(target) = world.route.present().and_then(|route| route.target) else { return pass() };
    let (serve, successor) = (&world.serve, &world.successor);
    if serve.is_unknown() || successor.is_unknown() || leads_to(serve, target) || leads_to(successor, target) {
        return pass();
    }
    withdrawn(desired, world)
}

fn leads_to(container: &Observed<ServeContainer>, target: SocketAddr) -> bool {
    container.present().is_some_and(|held| held.owned && held.state.address() == Some(target))
}

/// The middleware chain stands before anything starts that it protects; where it sends people is not touched here.
pub(super) fn chain(desired: &Desired, world: &World) -> Gate {
    match known(Part::Route, &world.route)? {
        Some(route) if route.hash == desired.route.hash => pass(),
        Some(route) => first(Step::WriteRoute { target: route.target.filter(|_| desired.route.publishes) }),
        None => first(Step::WriteRoute { target: None }),
    }
}

pub(super) fn released(resolved: &Resolved, database: &DatabaseState, world: &World) -> Gate {
    let record = known(Part::Released, &world.released)?;
    let container = owned_release(world)?;
    let done =
        resolved.release.is_none() || record.is_some_and(|record| record.covers(&resolved.pin.id, database.identity));
    match (container, &resolved.release) {
        (None, _) if done => pass(),
        (None, _) => {
            dumped(resolved, record.is_some(), world)?;
            first(Step::CreateRelease)
        }
        (Some(container), Some(hash)) if !done && container.hash == *hash => advance_release(container),
        // What is left of it goes while the app starts.
        (Some(container), _) if done && !container.state.may_run() => pass(),
        (Some(container), _) => clear_release(container),
    }
}

/// Nobody has entered anything before the first release.
fn dumped(resolved: &Resolved, was_released: bool, world: &World) -> Gate {
    if !(resolved.dump_before && was_released) {
        return pass();
    }
    match known(Part::Dumps, &world.dumps)? {
        Some(dumps) if dumps.before_next => pass(),
        Some(_) | None => first(Step::DumpDatabase),
    }
}

fn owned_release(world: &World) -> Gate<Option<&ReleaseContainer>> {
    match known(Part::Release, &world.release)? {
        Some(container) if !container.owned => Err(Decision::Blocked(Blocker::NameTaken(Part::Release))),
        other => Ok(other),
    }
}

fn advance_release(release: &ReleaseContainer) -> Gate {
    let container = release.id.clone();
    match &release.state {
        ContainerState::Created => first(Step::StartRelease { container }),
        ContainerState::Running { .. } | ContainerState::Restarting { .. } | ContainerState::Paused => {
            first(Step::AwaitRelease { container })
        }
        ContainerState::Exited { exit_code: 0, .. } if !release.ineffective => first(Step::CheckRelease { container }),
        ContainerState::Exited { .. } | ContainerState::Dead => first(Step::FailRelease { container }),
    }
}

/// One that is no longer wanted ends by itself first: a migration cut off half-way can leave a database stuck.
fn clear_release(release: &ReleaseContainer) -> Gate {
    let container = release.id.clone();
    if release.state.may_run() {
        first(Step::OutwaitRelease { container })
    } else {
        first(Step::RemoveRelease { container })
    }
}

pub(super) fn published(desired: &Desired, world: &World, address: SocketAddr) -> Gate {
    let target = desired.route.publishes.then_some(address);
    match known(Part::Route, &world.route)? {
        Some(route) if route.target == target => pass(),
        Some(_) | None => first(Step::WriteRoute { target }),
    }
}

/// Nobody is sent to a container that is about to stop.
pub(super) fn withdrawn(desired: &Desired, world: &World) -> Gate {
    if !desired.route.publishes {
        return pass();
    }
    match known(Part::Route, &world.route)? {
        Some(route) if route.target.is_some() => first(Step::WriteRoute { target: None }),
        Some(_) | None => pass(),
    }
}

pub(super) fn release_ended(world: &World) -> Gate {
    match known(Part::Release, &world.release)? {
        Some(release) if release.owned => clear_release(release),
        Some(_) | None => pass(),
    }
}

/// Nobody wants the instance to run. The first release ever is not waited for: nobody has entered anything that it could
/// spoil.
pub(super) fn release_left(world: &World) -> Gate {
    match known(Part::Release, &world.release)? {
        Some(release) if release.owned && release.state.may_run() && world.released.is_absent() => {
            first(Step::StopRelease { container: release.id.clone() })
        }
        Some(_) | None => release_ended(world),
    }
}

/// While a destroyed tenant can be brought back, it stands still and nothing of it goes.
pub(super) fn removal_due(desired: &Desired, world: &World, now: DateTime<Utc>) -> Gate {
    if known(Part::Removal, &world.removal)?.is_some() {
        return pass();
    }
    match desired.remove_after {
        Some(until) if now < until => {
            release_left(world)?;
            wait(Waiting::Grace { until })
        }
        Some(_) | None => {
            seen(world)?;
            first(Step::BeginRemoval)
        }
    }
}

/// What is removed is known beforehand: its owner gets a list.
fn seen(world: &World) -> Gate {
    known(Part::Release, &world.release)?;
    known(Part::Database, &world.database)?;
    known(Part::Dumps, &world.dumps)?;
    known(Part::Role, &world.role)?;
    pass()
}

pub(super) fn route_removed(world: &World) -> Gate {
    match known(Part::Route, &world.route)? {
        Some(_) => first(Step::RemoveRoute),
        None => pass(),
    }
}

pub(super) fn release_removed(world: &World) -> Gate {
    match known(Part::Release, &world.release)? {
        Some(release) if release.owned => first(Step::RemoveRelease { container: release.id.clone() }),
        Some(_) | None => pass(),
    }
}

pub(super) fn database_dropped(world: &World) -> Gate {
    match known(Part::Database, &world.database)? {
        Some(_) => first(Step::DropDatabase),
        None => pass(),
    }
}

pub(super) fn dumps_removed(world: &World) -> Gate {
    match known(Part::Dumps, &world.dumps)? {
        Some(_) => first(Step::RemoveDumps),
        None => pass(),
    }
}

pub(super) fn role_dropped(world: &World) -> Gate {
    match known(Part::Role, &world.role)? {
        Some(_) => first(Step::DropRole),
        None => pass(),
    }
}
