//! What is done at the same time as a step, to lose no time where one waits for the disk and the other for the engine.
//!
//! Each is a step that `next_step` would come to by itself, later, and that neither needs the other nor changes it.

use crate::tenant::desired::{Desired, Resolved};
use crate::tenant::observed::World;
use crate::tenant::step::Step;

/// What may be done beside `step`, one after the other.
#[must_use]
pub fn beside(desired: &Desired, world: &World, step: &Step) -> Vec<Step> {
    match (step, &desired.resolved) {
        // The chain is a file, the role a row.
        (Step::WriteRoute { target: None }, Some(_)) if world.route.is_absent() && world.role.is_absent() => {
            vec![Step::EnsureRole]
        }
        (Step::EnsureDatabase, Some(resolved)) if world.database.is_absent() => {
            first_containers(desired, resolved, world)
        }
        (Step::StartServe { .. }, _) => rest_of_the_release(world),
        _ => Vec::new(),
    }
}

/// The containers that will use the database know its name; they are started when it is there. Where older data are wished
/// for, or something has served before, more than their absence decides.
fn first_containers(desired: &Desired, resolved: &Resolved, world: &World) -> Vec<Step> {
    if desired.another_before().is_some() || desired.restore.is_some() || !world.released.is_absent() {
        return Vec::new();
    }
    let release = resolved.release.is_some() && world.release.is_absent();
    let serve = world.serve.is_absent() && world.successor.is_absent();
    let steps = [(release, Step::CreateRelease), (serve, Step::CreateServe)];
    steps.into_iter().filter_map(|(is_due, step)| is_due.then_some(step)).collect()
}

/// What is left of it goes while the app starts.
fn rest_of_the_release(world: &World) -> Vec<Step> {
    let ended = world.release.present().filter(|release| release.owned && !release.state.may_run());
    ended.map(|release| Step::RemoveRelease { container: release.id.clone() }).into_iter().collect()
}
