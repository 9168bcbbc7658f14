//! The dry run: what the loop would do, step by step, if nothing went wrong.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use chrono::{DateTime, Utc};

use super::{Decision, LONGEST_WALK, next_step};
use crate::tenant::crashes::Crashes;
use crate::tenant::desired::{Desired, Resolved};
use crate::tenant::observed::{
    ContainerId, ContainerState, DatabaseIdentity, DatabaseState, DumpsState, Evidence, Observed, Rejection,
    ReleaseContainer, ReleaseRecord, RoleState, RouteState, ServeContainer, World,
};
use crate::tenant::restore::{Restoration, RestorationStage, RestoreWish};
use crate::tenant::step::Step;

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
            Decision::Do(step) if steps.len() < LONGEST_WALK => {
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
            ruined: false,
        })),
        Step::WriteRoute { target } => {
            Evidence::Route(Observed::Present(RouteState { hash: desired.route.hash.clone(), target: *target }))
        }
        Step::CreateRelease => Evidence::Release(made_release(desired)),
        Step::StartRelease { .. } => release_in(world, || ContainerState::Running { started_at: now, address: None }),
        Step::AwaitRelease { .. } | Step::OutwaitRelease { .. } | Step::StopRelease { .. } => {
            release_in(world, || ended(now))
        }
        Step::CheckRelease { .. } => Evidence::Released(record(desired, world, now)),
        Step::RemoveRelease { .. } | Step::FailRelease { .. } => Evidence::Release(Observed::Absent),
        Step::CreateServe => Evidence::Serve(made(desired.resolved.as_ref(), imagined('0'))),
        Step::RestoreServe => Evidence::Serve(made(desired.before.as_ref(), imagined('0'))),
        Step::CreateSuccessor => Evidence::Successor(made(desired.resolved.as_ref(), imagined('f'))),
        Step::AwaitSwitch { container } => changed(world, container, |held| ServeContainer { led_to: true, ..held }),
        Step::PromoteSuccessor { .. } => Evidence::Promoted,
        Step::RejectSuccessor { container } => Evidence::Rejected(rejection(world.container(container), now)),
        Step::StartServe { container } => changed(world, container, |held| ServeContainer {
            state: ContainerState::Running { started_at: now, address: Some(NOWHERE) },
            ready: false,
            crashes: held.crashes.after_start(),
            ..held
        }),
        Step::AwaitReady { container } => {
            changed(world, container, |held| ServeContainer { ready: true, unfit: None, ..held })
        }
        Step::HoldServe { container } => changed(world, container, |held| ServeContainer {
            state: ended(now),
            ready: false,
            crashes: Crashes::in_hand(),
            ..held
        }),
        Step::TrustServe { container } => {
            changed(world, container, |held| ServeContainer { crashes: Crashes::default(), ..held })
        }
        Step::RestoreLimits { container } => {
            changed(world, container, |held| ServeContainer { conforms: true, ..held })
        }
        Step::StopServe { container } => {
            changed(world, container, |held| ServeContainer { state: ended(now), ready: false, ..held })
        }
        Step::RemoveServe { container } => world.evidence_of(container, Observed::Absent),
        Step::RemoveStray { container } => Evidence::Strays(world.without_stray(container)),
        Step::BeginRemoval => Evidence::Removal(Observed::Present(())),
        Step::RemoveRoute => Evidence::Route(Observed::Absent),
        Step::DumpDatabase => Evidence::Dumps(Observed::Present(DumpsState { before_next: true, ..dumps(world) })),
        Step::SaveDatabase { restore } => {
            let mut dumps = dumps(world);
            dumps.restores.insert(*restore);
            Evidence::Dumps(Observed::Present(dumps))
        }
        Step::RestoreDatabase { wish } => restoration(*wish, RestorationStage::Done),
        Step::UndoRestore { wish } => restoration(*wish, RestorationStage::Undone),
        Step::RemoveDumps => Evidence::Dumps(Observed::Absent),
        Step::DropDatabase => Evidence::Database(Observed::Absent),
        Step::DropRole => Evidence::Role(Observed::Absent),
    }
}

fn dumps(world: &World) -> DumpsState {
    world.dumps.present().cloned().unwrap_or_default()
}

const fn restoration(wish: RestoreWish, stage: RestorationStage) -> Evidence {
    Evidence::Restoration(Observed::Present(Restoration { wish, stage }))
}

/// Where a container that is only imagined answers.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

const fn ended(now: DateTime<Utc>) -> ContainerState {
    ContainerState::Exited { exit_code: 0, oom_killed: false, finished_at: now }
}

fn made_release(desired: &Desired) -> Observed<ReleaseContainer> {
    let hash = desired.resolved.as_ref().and_then(|resolved| resolved.release.clone());
    let container = |hash| ReleaseContainer {
        id: imagined('0'),
        owned: true,
        hash,
        state: ContainerState::Created,
        ineffective: false,
    };
    hash.map(container).into()
}

fn release_in(world: &World, state: impl FnOnce() -> ContainerState) -> Evidence {
    let held = world.release.present();
    Evidence::Release(held.map(|held| ReleaseContainer { state: state(), ..held.clone() }).into())
}

fn record(desired: &Desired, world: &World, at: DateTime<Utc>) -> Observed<ReleaseRecord> {
    let database = world.database.present().map_or(DatabaseIdentity(1), |database| database.identity);
    let record =
        |resolved: &Resolved| ReleaseRecord { image: resolved.pin.id.clone(), database, at, earlier: Vec::new() };
    desired.resolved.as_ref().map(record).into()
}

fn changed(world: &World, id: &ContainerId, change: impl FnOnce(ServeContainer) -> ServeContainer) -> Evidence {
    world.evidence_of(id, world.container(id).cloned().map(change).into())
}

fn made(resolved: Option<&Resolved>, id: ContainerId) -> Observed<ServeContainer> {
    let container = |resolved: &Resolved| ServeContainer {
        id,
        owned: true,
        hash: resolved.serve.clone(),
        version: resolved.pin.version.clone(),
        state: ContainerState::Created,
        elsewhere: false,
        conforms: true,
        ready: false,
        unfit: None,
        led_to: false,
        crashes: Crashes::default(),
    };
    resolved.map(container).into()
}

fn rejection(successor: Option<&ServeContainer>, at: DateTime<Utc>) -> Observed<Rejection> {
    let rejection = |held: &ServeContainer| Rejection {
        generation: 0,
        hash: held.hash.clone(),
        cause: String::new(),
        lines: Vec::new(),
        at,
    };
    successor.map(rejection).into()
}

/// The id of a container that does not exist yet.
fn imagined(digit: char) -> ContainerId {
    ContainerId::parse(&digit.to_string().repeat(64)).expect("64 of a digit are 64 hex digits")
}
