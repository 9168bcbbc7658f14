//! The dry run: what the loop would do, step by step, if nothing went wrong.

use std::net::{Ipv4Addr, SocketAddr};

use chrono::{DateTime, Utc};

use super::{Decision, next_step};
use crate::tenant::desired::{Desired, Resolved};
use crate::tenant::observed::{
    ContainerId, ContainerState, DatabaseIdentity, DatabaseState, DumpsState, Evidence, Observed, ReleaseContainer,
    ReleaseRecord, RoleState, RouteState, ServeContainer, World,
};
use crate::tenant::step::Step;

/// More steps than any plan has; a plan that reaches it does not converge.
const BOUND: usize = 64;

/// What would be done, and where it would end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    pub steps: Vec<Step>,
    pub end: Decision,
}

/// Plays `next_step` forward from `world`. `assumed` stands for what is not known before the image is.
#[must_use]
pub fn preview(desired: &Desired, world: &World, assumed: &Resolved, now: DateTime<Utc>) -> Preview {
    let (mut desired, mut world, mut steps) = (desired.clone(), world.clone(), Vec::new());
    loop {
        match next_step(&desired, &world, now) {
            Decision::Do(step) if steps.len() < BOUND => {
                if step == Step::EnsureImage {
                    desired.resolved.get_or_insert_with(|| assumed.clone());
                }
                world.learn(predict(&step, &desired, &world, now));
                steps.push(step);
            }
            end @ (Decision::Converged | Decision::Do(_) | Decision::Wait(_) | Decision::Blocked(_)) => {
                return Preview { steps, end };
            }
        }
    }
}

/// What a step leaves if it succeeds.
pub(super) fn predict(step: &Step, desired: &Desired, world: &World, now: DateTime<Utc>) -> Evidence {
    match step {
        Step::EnsureNetwork => Evidence::Network(Observed::Present(())),
        Step::EnsureImage => Evidence::Image(desired.resolved.as_ref().map(|resolved| resolved.pin.clone()).into()),
        Step::EnsureRole => Evidence::Role(Observed::Present(RoleState { conforms: true })),
        Step::EnsureDatabase => Evidence::Database(Observed::Present(DatabaseState {
            identity: world.database.present().map_or(DatabaseIdentity(1), |database| database.identity),
            conforms: true,
        })),
        Step::WriteRoute { target } => {
            Evidence::Route(Observed::Present(RouteState { hash: desired.route.hash.clone(), target: *target }))
        }
        Step::CreateRelease
        | Step::StartRelease { .. }
        | Step::AwaitRelease { .. }
        | Step::CheckRelease { .. }
        | Step::RemoveRelease { .. }
        | Step::FailRelease { .. } => predict_release(step, desired, world, now),
        Step::CreateServe
        | Step::StartServe { .. }
        | Step::AwaitReady { .. }
        | Step::StopServe { .. }
        | Step::RemoveServe { .. } => Evidence::Serve(predict_serve(step, desired, world, now)),
        Step::RemoveRoute => Evidence::Route(Observed::Absent),
        Step::DumpDatabase => Evidence::Dumps(Observed::Present(DumpsState { before_next: true })),
        Step::RemoveDumps => Evidence::Dumps(Observed::Absent),
        Step::DropDatabase => Evidence::Database(Observed::Absent),
        Step::DropRole => Evidence::Role(Observed::Absent),
    }
}

fn predict_release(step: &Step, desired: &Desired, world: &World, now: DateTime<Utc>) -> Evidence {
    let held = world.release.present();
    let in_state = |state| match held {
        Some(held) => Evidence::Release(Observed::Present(ReleaseContainer { state, ..held.clone() })),
        None => Evidence::Release(Observed::Absent),
    };
    match (step, &desired.resolved) {
        (Step::CreateRelease, Some(Resolved { release: Some(hash), .. })) => {
            let (id, hash) = (imagined(), hash.clone());
            let state = ContainerState::Created;
            Evidence::Release(Observed::Present(ReleaseContainer { id, owned: true, hash, state, ineffective: false }))
        }
        (Step::StartRelease { .. }, _) => in_state(ContainerState::Running { started_at: now, address: None }),
        (Step::AwaitRelease { .. }, _) => {
            in_state(ContainerState::Exited { exit_code: 0, oom_killed: false, finished_at: now })
        }
        (Step::CheckRelease { .. }, Some(resolved)) => {
            let database = world.database.present().map_or(DatabaseIdentity(1), |database| database.identity);
            Evidence::Released(Observed::Present(ReleaseRecord { image: resolved.pin.id.clone(), database, at: now }))
        }
        _ => Evidence::Release(Observed::Absent),
    }
}

fn predict_serve(step: &Step, desired: &Desired, world: &World, now: DateTime<Utc>) -> Observed<ServeContainer> {
    let held = world.serve.present();
    let in_state = |state, ready| held.map(|held| ServeContainer { state, ready, ..held.clone() }).into();
    match (step, &desired.resolved, held) {
        (Step::CreateServe, Some(resolved), _) => Observed::Present(ServeContainer {
            id: imagined(),
            owned: true,
            hash: resolved.serve.clone(),
            state: ContainerState::Created,
            ready: false,
        }),
        (Step::StartServe { .. }, _, _) => {
            let address = Some(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
            in_state(ContainerState::Running { started_at: now, address }, false)
        }
        (Step::AwaitReady { .. }, _, Some(held)) => in_state(held.state.clone(), true),
        (Step::StopServe { .. }, _, _) => {
            in_state(ContainerState::Exited { exit_code: 0, oom_killed: false, finished_at: now }, false)
        }
        _ => Observed::Absent,
    }
}

/// The id of a container that does not exist yet.
fn imagined() -> ContainerId {
    ContainerId::parse(&"0".repeat(64)).expect("64 zeros are 64 hex digits")
}
