//! One gate a part: it passes, or says what must happen first.

use std::net::SocketAddr;

use chrono::{DateTime, Utc};

use super::{Blocker, Decision, Gate, Part, Waiting};
use crate::tenant::desired::{Desired, Resolved};
use crate::tenant::observed::{ContainerState, DatabaseState, Observed, ReleaseContainer, ServeContainer, World};
use crate::tenant::step::Step;

const fn pass() -> Gate {
    Ok(())
}

const fn first<T>(step: Step) -> Gate<T> {
    Err(Decision::Do(step))
}

const fn wait<T>(reason: Waiting) -> Gate<T> {
    Err(Decision::Wait(reason))
}

/// What we know of a part; stops where we know nothing.
fn known<T>(part: Part, observed: &Observed<T>) -> Gate<Option<&T>> {
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
    match known(Part::Database, &world.database)? {
        Some(database) if database.conforms => Ok(database),
        Some(_) => first(Step::EnsureDatabase),
        None => match known(Part::Released, &world.released)? {
            Some(_) => Err(Decision::Blocked(Blocker::DatabaseLost)),
            None => first(Step::EnsureDatabase),
        },
    }
}

/// People are sent to the address of our own running container or nowhere: the engine gives the address of one that has
/// ended to another tenant's.
pub(super) fn honest(desired: &Desired, world: &World) -> Gate {
    let target = world.route.present().and_then(|route| route.target);
    match (&world.serve, target) {
        (_, None) | (Observed::Unknown, _) => pass(),
        (Observed::Present(serve), Some(target)) if serve.owned && serve.state.address() == Some(target) => pass(),
        (Observed::Present(_) | Observed::Absent, Some(_)) => withdrawn(desired, world),
    }
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
    let done = resolved.release.is_none()
        || record.is_some_and(|record| record.image == resolved.pin.id && record.database == database.identity);
    match (container, &resolved.release) {
        (None, _) if done => pass(),
        (None, _) => {
            dumped(resolved, record.is_some(), world)?;
            first(Step::CreateRelease)
        }
        (Some(container), Some(hash)) if !done && container.hash == *hash => advance_release(container),
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
        first(Step::AwaitRelease { container })
    } else {
        first(Step::RemoveRelease { container })
    }
}

/// Passes with the address of a ready container.
pub(super) fn serving(desired: &Desired, resolved: &Resolved, world: &World, now: DateTime<Utc>) -> Gate<SocketAddr> {
    match known(Part::Serve, &world.serve)? {
        None => first(Step::CreateServe),
        Some(serve) if !serve.owned => Err(Decision::Blocked(Blocker::NameTaken(Part::Serve))),
        Some(serve) if serve.hash != resolved.serve => {
            withdrawn(desired, world)?;
            retire(serve)
        }
        Some(serve) => advance_serve(resolved, serve, now),
    }
}

fn advance_serve(resolved: &Resolved, serve: &ServeContainer, now: DateTime<Utc>) -> Gate<SocketAddr> {
    let container = serve.id.clone();
    match &serve.state {
        ContainerState::Created | ContainerState::Exited { .. } | ContainerState::Paused => {
            first(Step::StartServe { container })
        }
        ContainerState::Restarting { exit_code, restarts } => {
            wait(Waiting::Restarting { exit_code: *exit_code, restarts: *restarts })
        }
        // Without an address nobody reaches it, and it can't be given one: a new one gets one.
        ContainerState::Dead | ContainerState::Running { address: None, .. } => first(Step::RemoveServe { container }),
        ContainerState::Running { address: Some(address), .. } if serve.ready => Ok(*address),
        ContainerState::Running { started_at, .. } if now < *started_at + resolved.ready_within => {
            first(Step::AwaitReady { container })
        }
        ContainerState::Running { .. } => wait(Waiting::NotReady),
    }
}

fn retire<T>(serve: &ServeContainer) -> Gate<T> {
    let container = serve.id.clone();
    if serve.state.may_run() { first(Step::StopServe { container }) } else { first(Step::RemoveServe { container }) }
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

pub(super) fn stopped(world: &World) -> Gate {
    match known(Part::Serve, &world.serve)? {
        Some(serve) if serve.owned && serve.state.may_run() => first(Step::StopServe { container: serve.id.clone() }),
        Some(_) | None => pass(),
    }
}

pub(super) fn release_ended(world: &World) -> Gate {
    match known(Part::Release, &world.release)? {
        Some(release) if release.owned => clear_release(release),
        Some(_) | None => pass(),
    }
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

pub(super) fn serve_removed(world: &World) -> Gate {
    match known(Part::Serve, &world.serve)? {
        Some(serve) if serve.owned => retire(serve),
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
