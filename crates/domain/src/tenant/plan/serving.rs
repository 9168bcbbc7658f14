//! The container that answers people, and its change for another one.
//!
//! A change takes nothing away before its replacement works. Where routes are files, the successor becomes ready beside the
//! one that serves, people are sent to it, and the old one goes last: no request is lost. Labels would send people to both
//! at once; there the successor is made, the old one stopped, the successor started. Either way a successor that does not
//! become ready is rejected, the old one serves again, and the change is not tried a second time unasked.
//!
//! Limits that were changed behind our back are no change of this kind: the engine puts them right in the running container,
//! and nobody notices. A successor would cost people a switch, and behind labels an interruption.

use std::net::SocketAddr;

use chrono::{DateTime, Utc};

use super::gates::{first, known, pass, published, release_ended, wait, withdrawn};
use super::{Blocker, Decision, Gate, Part, Waiting};
use crate::tenant::desired::{Desired, Resolved};
use crate::tenant::observed::{ContainerState, Observed, Rejection, ServeContainer, World};
use crate::tenant::step::Step;

/// Passes with the address of a ready container.
pub(super) fn serving(desired: &Desired, resolved: &Resolved, world: &World, now: DateTime<Utc>) -> Gate<SocketAddr> {
    let (serve, successor) = (held(Part::Serve, &world.serve)?, held(Part::Successor, &world.successor)?);
    let Some(serve) = serve else {
        return match successor {
            Some(successor) if works(successor, world) => first(promotion(successor)),
            Some(_) | None if comes_back(desired, world)? => first(Step::RestoreServe),
            Some(successor) => first(promotion(successor)),
            None => first(Step::CreateServe),
        };
    };
    let stays = serve.hash == resolved.serve || rejection(resolved, world)?.is_some();
    match successor {
        // The switch is done, once Traefik has read of it.
        Some(successor) if people_are_at(successor, world) && !successor.led_to => {
            first(Step::AwaitSwitch { container: successor.id.clone() })
        }
        Some(successor) if people_are_at(successor, world) => retire(serve),
        Some(successor) if stays || successor.hash != resolved.serve => retire(successor),
        Some(successor) if successor.elsewhere => first(Step::RemoveServe { container: successor.id.clone() }),
        Some(successor) => take_over(desired, resolved, world, (serve, successor), now),
        None if stays => advance(desired, resolved, world, serve, now),
        None if serve.state == ContainerState::Dead || is_of_no_use(desired, serve) => retire(serve),
        None => first(Step::CreateSuccessor),
    }
}

/// A successor that does not work while nobody can see the tenants' PostgreSQL may be right all the same. It is not given up for
/// that: it goes, and another one is made when PostgreSQL is back.
pub(super) fn unjudged(resolved: &Resolved, world: &World, now: DateTime<Utc>) -> Gate {
    let Some(successor) = world.successor.present().filter(|held| held.owned && world.database.is_unknown()) else {
        return pass();
    };
    let has_failed = match &successor.state {
        ContainerState::Exited { .. } | ContainerState::Restarting { .. } => true,
        ContainerState::Running { started_at, .. } => !successor.ready && now >= *started_at + resolved.ready_within,
        ContainerState::Created | ContainerState::Paused | ContainerState::Dead => false,
    };
    if has_failed && !people_are_at(successor, world) {
        return first(Step::RemoveServe { container: successor.id.clone() });
    }
    pass()
}

/// It was made for what is no longer wanted, and never started.
fn is_of_no_use(desired: &Desired, serve: &ServeContainer) -> bool {
    let served_before = desired.before.as_ref().is_some_and(|before| before.serve == serve.hash);
    serve.state == ContainerState::Created && !served_before
}

/// Stops a walk that has arrived, but with what was there before the change.
pub(super) fn accepted(resolved: &Resolved, world: &World) -> Gate {
    match &world.serve {
        Observed::Present(serve) if serve.hash != resolved.serve => Err(Decision::Blocked(Blocker::ChangeRejected)),
        Observed::Present(_) | Observed::Absent | Observed::Unknown => pass(),
    }
}

/// Nothing of it runs.
pub(super) fn stopped(world: &World) -> Gate {
    match (known(Part::Serve, &world.serve)?, known(Part::Successor, &world.successor)?) {
        (Some(_), Some(successor)) if successor.owned => retire(successor),
        (None, Some(successor)) if successor.owned && works(successor, world) => first(promotion(successor)),
        (None, Some(successor)) if successor.owned => retire(successor),
        (Some(serve), _) if serve.owned && serve.state.may_run() => {
            first(Step::StopServe { container: serve.id.clone() })
        }
        (Some(_) | None, _) => pass(),
    }
}

/// One that is only stopped is held to its limits too: with another restart policy the engine would start it again.
pub(super) fn stays_limited(desired: &Desired, world: &World) -> Gate {
    match known(Part::Serve, &world.serve)? {
        Some(serve) if serve.owned => limited(desired, serve),
        Some(_) | None => pass(),
    }
}

/// By the spec that it was made for, if that is known: what serves in place of a change that was given up is held, too. A dead
/// one can't be changed.
fn limited(desired: &Desired, serve: &ServeContainer) -> Gate {
    if serve.conforms || !desired.knows(&serve.hash) || serve.state == ContainerState::Dead {
        return pass();
    }
    first(Step::RestoreLimits { container: serve.id.clone() })
}

/// What was renamed behind our back goes when what took its place works.
pub(super) fn strays_removed(world: &World) -> Gate {
    match known(Part::Strays, &world.strays)?.and_then(|strays| strays.first()) {
        Some(stray) => first(Step::RemoveStray { container: stray.clone() }),
        None => pass(),
    }
}

pub(super) fn removed(world: &World) -> Gate {
    for (part, container) in [(Part::Successor, &world.successor), (Part::Serve, &world.serve)] {
        if let Some(container) = known(part, container)?.filter(|container| container.owned) {
            return retire(container);
        }
    }
    pass()
}

fn held(part: Part, container: &Observed<ServeContainer>) -> Gate<Option<&ServeContainer>> {
    match known(part, container)? {
        Some(container) if !container.owned => Err(Decision::Blocked(Blocker::NameTaken(part))),
        other => Ok(other),
    }
}

fn rejection<'a>(resolved: &Resolved, world: &'a World) -> Gate<Option<&'a Rejection>> {
    Ok(known(Part::Rejected, &world.rejected)?.filter(|rejection| rejection.hash == resolved.serve))
}

/// Whether what served before is made again where it is gone: a change that may not work is never all there is.
fn comes_back(desired: &Desired, world: &World) -> Gate<bool> {
    Ok(desired.another_before().is_some() && known(Part::Before, &world.before)?.is_some())
}

/// Whether a successor has nothing more to show.
fn works(successor: &ServeContainer, world: &World) -> bool {
    successor.ready || people_are_at(successor, world)
}

fn promotion(successor: &ServeContainer) -> Step {
    Step::PromoteSuccessor { container: successor.id.clone() }
}

fn people_are_at(container: &ServeContainer, world: &World) -> bool {
    let target = world.route.present().and_then(|route| route.target);
    target.is_some() && target == container.state.address()
}

/// The successor's way to the place of the one that serves.
fn take_over(
    desired: &Desired,
    resolved: &Resolved,
    world: &World,
    (serve, successor): (&ServeContainer, &ServeContainer),
    now: DateTime<Utc>,
) -> Gate<SocketAddr> {
    let container = successor.id.clone();
    match &successor.state {
        // Labels would send people to both.
        ContainerState::Created | ContainerState::Paused if !desired.route.publishes && serve.state.may_run() => {
            first(Step::StopServe { container: serve.id.clone() })
        }
        ContainerState::Created | ContainerState::Paused => first(Step::StartServe { container }),
        ContainerState::Running { address: Some(address), .. } if successor.ready => {
            published(desired, world, *address)?;
            retire(serve)
        }
        ContainerState::Running { address: Some(_), started_at }
            if successor.unfit.is_none() && now < *started_at + resolved.ready_within =>
        {
            release_ended(world)?;
            first(Step::AwaitReady { container })
        }
        // Nothing it did: somebody has taken it off its network, or the engine has broken it. Another one is made.
        ContainerState::Running { address: None, .. } | ContainerState::Dead => first(Step::RemoveServe { container }),
        ContainerState::Running { .. } | ContainerState::Restarting { .. } | ContainerState::Exited { .. } => {
            first(Step::RejectSuccessor { container })
        }
    }
}

/// Towards being ready, or staying so.
fn advance(
    desired: &Desired,
    resolved: &Resolved,
    world: &World,
    serve: &ServeContainer,
    now: DateTime<Utc>,
) -> Gate<SocketAddr> {
    let container = serve.id.clone();
    // At once: whatever it does there, nobody knows.
    if serve.elsewhere {
        return first(Step::RemoveServe { container });
    }
    let runs = matches!(serve.state, ContainerState::Running { .. } | ContainerState::Restarting { .. });
    if runs && serve.crashes.are_a_loop(&desired.crashes) {
        withdrawn(desired, world)?;
        return first(Step::HoldServe { container });
    }
    limited(desired, serve)?;
    match &serve.state {
        ContainerState::Exited { exit_code, oom_killed, finished_at } if serve.crashes.held => {
            held_back(desired, serve, (*exit_code, *oom_killed), (*finished_at, now))
        }
        ContainerState::Created | ContainerState::Exited { .. } | ContainerState::Paused => {
            first(Step::StartServe { container })
        }
        ContainerState::Restarting { exit_code, oom_killed } => wait(Waiting::Restarting {
            exit_code: *exit_code,
            oom_killed: *oom_killed,
            restarts: serve.crashes.recent(),
        }),
        // Without an address nobody reaches it, and it can't be given one: a new one gets one.
        ContainerState::Dead | ContainerState::Running { address: None, .. } => first(Step::RemoveServe { container }),
        ContainerState::Running { address: Some(address), started_at } if serve.ready => {
            if serve.crashes.held && desired.crashes.is_calm(*started_at, now) {
                return first(Step::TrustServe { container });
            }
            Ok(*address)
        }
        ContainerState::Running { started_at, .. } if now < *started_at + resolved.ready_within => {
            release_ended(world)?;
            first(Step::AwaitReady { container })
        }
        ContainerState::Running { .. } => wait(Waiting::NotReady),
    }
}

/// One that the platform starts itself: later, sooner or never. Where the end is still to come, a clock was set back since:
/// nobody waits for that.
fn held_back(
    desired: &Desired,
    serve: &ServeContainer,
    (exit_code, oom_killed): (i64, bool),
    (ended, now): (DateTime<Utc>, DateTime<Utc>),
) -> Gate<SocketAddr> {
    let tries = serve.crashes.tries;
    let again_at = desired.crashes.again_at(ended, tries);
    if tries >= desired.crashes.platform_starts {
        Err(Decision::Blocked(Blocker::CrashLooping { exit_code, oom_killed }))
    } else if now < again_at && ended <= now {
        wait(Waiting::CrashLooping { exit_code, oom_killed, again_at })
    } else {
        first(Step::StartServe { container: serve.id.clone() })
    }
}

fn retire<T>(serve: &ServeContainer) -> Gate<T> {
    let container = serve.id.clone();
    if serve.state.may_run() { first(Step::StopServe { container }) } else { first(Step::RemoveServe { container }) }
}
