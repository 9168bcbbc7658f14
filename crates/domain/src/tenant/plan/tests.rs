//! The properties the loop stands on.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::preview::{predict, preview};
use super::worlds::{any_desired, any_world, desired, now, resolved};
use super::{Blocker, Decision, LONGEST_WALK, Waiting, beside, next_step};
use crate::tenant::*;

/// Parts that can be unknown: each may cost a walk one more look.
const PARTS: usize = 15;

/// Whether a step is about a container that is not ours.
fn is_on_foreign(step: &Step, world: &World) -> bool {
    match step {
        Step::StartRelease { container }
        | Step::AwaitRelease { container }
        | Step::CheckRelease { container }
        | Step::OutwaitRelease { container }
        | Step::StopRelease { container }
        | Step::RemoveRelease { container }
        | Step::FailRelease { container } => {
            world.release.present().is_none_or(|held| !held.owned || held.id != *container)
        }
        Step::StartServe { container }
        | Step::AwaitReady { container }
        | Step::AwaitSwitch { container }
        | Step::StopServe { container }
        | Step::RemoveServe { container }
        | Step::HoldServe { container }
        | Step::TrustServe { container }
        | Step::RestoreLimits { container }
        | Step::PromoteSuccessor { container }
        | Step::RejectSuccessor { container } => world.container(container).is_none_or(|held| !held.owned),
        Step::RemoveStray { container } => world.strays.present().is_none_or(|strays| !strays.contains(container)),
        Step::EnsureNetwork
        | Step::EnsureImage
        | Step::EnsureRole
        | Step::EnsureDatabase
        | Step::WriteRoute { .. }
        | Step::CreateRelease
        | Step::CreateServe
        | Step::RestoreServe
        | Step::CreateSuccessor
        | Step::BeginRemoval
        | Step::RemoveRoute
        | Step::DropDatabase
        | Step::DumpDatabase
        | Step::SaveDatabase { .. }
        | Step::RestoreDatabase { .. }
        | Step::UndoRestore { .. }
        | Step::RemoveDumps
        | Step::DropRole => false,
    }
}

/// The part a step creates, changes or removes.
fn touched(step: &Step, world: &World) -> Observed<()> {
    fn bare<T>(observed: &Observed<T>) -> Observed<()> {
        match observed {
            Observed::Unknown => Observed::Unknown,
            Observed::Absent => Observed::Absent,
            Observed::Present(_) => Observed::Present(()),
        }
    }
    match step {
        Step::EnsureNetwork => world.network.clone(),
        Step::EnsureImage => bare(&world.image),
        Step::EnsureRole | Step::DropRole => bare(&world.role),
        Step::EnsureDatabase | Step::DropDatabase => bare(&world.database),
        Step::DumpDatabase | Step::SaveDatabase { .. } | Step::RemoveDumps => bare(&world.dumps),
        Step::RestoreDatabase { .. } | Step::UndoRestore { .. } => bare(&world.database),
        Step::WriteRoute { .. } | Step::RemoveRoute => bare(&world.route),
        Step::CreateRelease
        | Step::StartRelease { .. }
        | Step::AwaitRelease { .. }
        | Step::OutwaitRelease { .. }
        | Step::StopRelease { .. }
        | Step::CheckRelease { .. }
        | Step::RemoveRelease { .. }
        | Step::FailRelease { .. } => bare(&world.release),
        Step::CreateServe | Step::RestoreServe => bare(&world.serve),
        Step::CreateSuccessor | Step::PromoteSuccessor { .. } => bare(&world.successor),
        Step::RejectSuccessor { .. } => bare(&world.rejected),
        Step::StartServe { container }
        | Step::AwaitReady { container }
        | Step::AwaitSwitch { container }
        | Step::HoldServe { container }
        | Step::TrustServe { container }
        | Step::RestoreLimits { container }
        | Step::StopServe { container }
        | Step::RemoveServe { container } => bare(&world.container(container).cloned().into()),
        Step::RemoveStray { .. } => bare(&world.strays),
        Step::BeginRemoval => world.removal.clone(),
    }
}

/// Looking again: what was unknown becomes known, what can't last moves on.
fn look_again(world: &mut World) {
    fn settle<T>(observed: &mut Observed<T>) {
        if observed.is_unknown() {
            *observed = Observed::Absent;
        }
    }
    settle(&mut world.image);
    settle(&mut world.before);
    settle(&mut world.network);
    settle(&mut world.role);
    settle(&mut world.database);
    settle(&mut world.released);
    settle(&mut world.dumps);
    settle(&mut world.restoration);
    settle(&mut world.release);
    settle(&mut world.serve);
    settle(&mut world.successor);
    settle(&mut world.strays);
    settle(&mut world.rejected);
    settle(&mut world.route);
    settle(&mut world.removal);
    for container in [&mut world.serve, &mut world.successor] {
        if let Observed::Present(container) = container {
            container.unfit = None;
            if matches!(container.state, ContainerState::Restarting { .. }) {
                container.state = ContainerState::Exited { exit_code: 1, oom_killed: false, finished_at: now() };
            } else {
                container.ready = true;
            }
        }
    }
    if let Observed::Present(release) = &mut world.release {
        release.ineffective = false;
    }
}

/// Runs the loop, interrupted (and so forgetting what evidence alone can tell) where `crashes` says.
pub(super) fn converge(desired: &mut Desired, world: &mut World, crashes: &[bool]) -> Decision {
    let mut clock = now();
    let most = LONGEST_WALK + PARTS + crashes.len();
    for turn in 0..most {
        match next_step(desired, world, clock) {
            Decision::Do(step) => {
                if step == Step::EnsureImage {
                    desired.resolved.get_or_insert_with(|| resolved(true));
                }
                let evidence = predict(&step, desired, world, clock);
                let lost_before_effect = crashes.get(turn * 2).copied().unwrap_or(false);
                if !lost_before_effect {
                    world.learn(evidence);
                }
                if lost_before_effect || crashes.get(turn * 2 + 1).copied().unwrap_or(false) {
                    look_again(world);
                }
            }
            Decision::Wait(Waiting::CrashLooping { again_at, .. }) => clock = again_at,
            Decision::Wait(_) => look_again(world),
            end @ (Decision::Converged | Decision::Blocked(_)) => return end,
        }
    }
    panic!("no convergence within {most} turns: {world:?}");
}

fn foreign(world: &World) -> bool {
    world.serve.present().is_some_and(|serve| !serve.owned)
        || world.successor.present().is_some_and(|successor| !successor.owned)
        || world.release.present().is_some_and(|release| !release.owned)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn converges_from_anywhere_through_any_interruption(
        mut desired in any_desired(), mut world in any_world(), crashes in prop::collection::vec(prop::bool::weighted(0.2), 0..8),
    ) {
        let started_foreign = foreign(&world);
        match converge(&mut desired, &mut world, &crashes) {
            Decision::Converged => prop_assert_eq!(next_step(&desired, &world, now()), Decision::Converged),
            Decision::Blocked(Blocker::NameTaken(_)) => prop_assert!(started_foreign),
            Decision::Blocked(Blocker::DatabaseLost) => {
                let is_lost = world.database.present().is_none_or(|database| database.ruined);
                prop_assert!(!world.database.is_unknown() && is_lost && world.released.present().is_some());
            }
            Decision::Blocked(Blocker::DumpLost) => {
                let (dumps, last) = (world.dumps.present().cloned().unwrap_or_default(), world.restoration.present());
                let wanted = desired.restore.filter(|wish| wish.is_open(last));
                let begun = last.filter(|last| last.stage == RestorationStage::Begun).map(|last| last.wish);
                let lacks = |wish: RestoreWish| !dumps.releases.contains(&wish.before_release);
                let half = begun.is_some_and(|wish| !dumps.restores.contains(&wish.asked));
                prop_assert!(half || wanted.is_some_and(lacks), "{desired:?} {world:?}");
            }
            // Only the change that is wanted now, and only with something else serving in its place.
            Decision::Blocked(Blocker::ChangeRejected) => {
                let (serve, wanted) = (world.serve.present().unwrap(), desired.resolved.unwrap().serve);
                prop_assert!(serve.ready && serve.hash != wanted && world.rejected.present().unwrap().hash == wanted);
            }
            Decision::Blocked(Blocker::CrashLooping { .. }) | Decision::Do(_) | Decision::Wait(_) => {
                unreachable!("converge ends with none of them")
            }
        }
    }

    #[test]
    fn destroy_leaves_nothing_of_ours(mut world in any_world(), publishes in any::<bool>()) {
        prop_assume!(!foreign(&world));
        let end = converge(&mut desired(DesiredState::Destroyed, true, publishes), &mut world, &[]);
        prop_assert_eq!(end, Decision::Converged);
        prop_assert!(world.is_gone(), "{:?}", world);
    }

    #[test]
    fn nothing_is_touched_that_is_unknown_or_not_ours(desired in any_desired(), world in any_world()) {
        if let Decision::Do(step) = next_step(&desired, &world, now()) {
            prop_assert!(!touched(&step, &world).is_unknown(), "{step:?} on {world:?}");
            prop_assert!(!is_on_foreign(&step, &world), "{step:?} on {world:?}");
        }
    }

    #[test]
    fn what_is_done_beside_a_step_changes_nothing_about_it_and_is_due_later_anyway(
        desired in any_desired(), mut world in any_world(),
    ) {
        let Decision::Do(step) = next_step(&desired, &world, now()) else { return Ok(()) };
        let others = beside(&desired, &world, &step);
        prop_assert!(others.is_empty() || !step.may_be_left(), "{step:?} beside {others:?}");
        let mut later = world.clone();
        later.learn(predict(&step, &desired, &later, now()));
        let later = preview(&desired, &later, &resolved(true), now());
        for other in others {
            prop_assert!(!other.may_be_left() && !touched(&other, &world).is_unknown(), "{other:?} on {world:?}");
            prop_assert!(!is_on_foreign(&other, &world), "{other:?} on {world:?}");
            let comes = later.steps.contains(&other) || !matches!(later.end, Decision::Converged);
            prop_assert!(comes, "{other:?} beside {step:?}, and not among {:?}", later.steps);
            world.learn(predict(&other, &desired, &world, now()));
            prop_assert_eq!(next_step(&desired, &world, now()), Decision::Do(step.clone()));
        }
    }

    #[test]
    fn what_people_entered_is_saved_before_a_release_may_change_it(desired in any_desired(), world in any_world()) {
        if next_step(&desired, &world, now()) == Decision::Do(Step::CreateRelease) {
            let saved = world.dumps.present().is_some_and(|dumps| dumps.before_next);
            prop_assert!(saved || world.released.is_absent(), "{:?}", world);
        }
    }

    #[test]
    fn older_data_come_back_only_where_nothing_runs_and_what_was_there_is_saved(desired in any_desired(), world in any_world()) {
        let Decision::Do(Step::RestoreDatabase { wish } | Step::UndoRestore { wish }) = next_step(&desired, &world, now())
        else { return Ok(()) };
        let runs = |held: &Observed<ServeContainer>| held.present().is_some_and(|held| held.owned && held.state.may_run());
        prop_assert!(!runs(&world.serve) && !runs(&world.successor), "{world:?}");
        prop_assert!(world.release.present().is_none_or(|held| !held.owned || !held.state.may_run()), "{world:?}");
        prop_assert!(world.strays.is_absent() && world.database.present().is_some_and(|database| database.conforms));
        if desired.route.publishes {
            prop_assert!(world.route.present().is_none_or(|route| route.target.is_none()), "{world:?}");
        }
        let is_begun = world.restoration.present().is_some_and(|last| last.stage == RestorationStage::Begun);
        let is_saved = world.dumps.present().is_some_and(|dumps| dumps.restores.contains(&wish.asked));
        prop_assert!(is_begun || is_saved, "{world:?}");
    }

    #[test]
    fn nothing_is_made_and_nothing_starts_while_the_data_are_half_restored(mut desired in any_desired(), mut world in any_world()) {
        for _ in 0..LONGEST_WALK + PARTS {
            let is_half = world.restoration.present().is_some_and(|last| last.stage == RestorationStage::Begun);
            match next_step(&desired, &world, now()) {
                Decision::Do(step) => {
                    let uses_data = matches!(
                        step,
                        Step::CreateRelease | Step::StartRelease { .. } | Step::CheckRelease { .. } | Step::DumpDatabase
                            | Step::SaveDatabase { .. } | Step::CreateServe | Step::CreateSuccessor | Step::StartServe { .. }
                            | Step::AwaitReady { .. }
                    );
                    prop_assert!(!(is_half && uses_data), "{step:?} on {world:?}");
                    if step == Step::EnsureImage {
                        desired.resolved.get_or_insert_with(|| resolved(true));
                    }
                    world.learn(predict(&step, &desired, &world, now()));
                }
                Decision::Wait(_) => look_again(&mut world),
                Decision::Converged => {
                    prop_assert!(!is_half || desired.state == DesiredState::Destroyed);
                    return Ok(());
                }
                Decision::Blocked(_) => return Ok(()),
            }
        }
    }

    #[test]
    fn a_database_is_never_made_in_place_of_a_lost_one(desired in any_desired(), world in any_world()) {
        let makes = next_step(&desired, &world, now()) == Decision::Do(Step::EnsureDatabase);
        prop_assert!(!(makes && world.database.is_absent()) || world.released.is_absent(), "{:?}", world);
    }

    #[test]
    fn nothing_happens_to_a_container_while_people_are_sent_to_where_it_is_not(
        mut desired in any_desired(), world in any_world(),
    ) {
        desired.route.publishes = true;
        let step = next_step(&desired, &world, now());
        let target = world.route.present().and_then(|route| route.target);
        let at = |container: &Observed<ServeContainer>| container.present().is_some_and(|held| held.state.address() == target);
        let Decision::Do(step) = step else { return Ok(()) };
        let on = if let Step::StartServe { container } | Step::StopServe { container } | Step::RemoveServe { container }
            | Step::HoldServe { container } = &step { world.container(container) } else { None };
        if target.is_some() && (on.is_some() || matches!(step, Step::CreateServe | Step::RestoreServe)) {
            prop_assert!(at(&world.serve) || at(&world.successor), "{step:?} on {world:?}");
            prop_assert!(on.is_some_and(|held| held.state.address() != target), "{step:?} on {world:?}");
        }
    }

    #[test]
    fn what_serves_is_not_taken_away_before_its_successor_is_ready(mut desired in any_desired(), world in any_world()) {
        desired.state = DesiredState::Running;
        desired.route.publishes = true;
        // Older data are brought back only where nothing runs.
        let last = world.restoration.present();
        let is_begun = last.is_some_and(|last| last.stage == RestorationStage::Begun);
        if is_begun || desired.restore.is_some_and(|wish| wish.is_open(last)) {
            return Ok(());
        }
        let Decision::Do(Step::StopServe { container } | Step::RemoveServe { container }) = next_step(&desired, &world, now())
        else { return Ok(()) };
        let Some(serve) = world.serve.present().filter(|serve| serve.id == container) else { return Ok(()) };
        if serve.ready && serve.state.address().is_some() {
            let ready = world.successor.present().is_some_and(|held| held.state.address().is_some());
            prop_assert!(ready, "{:?}", world);
        }
    }

    #[test]
    fn what_never_served_is_not_all_there_is_while_what_did_can_be_had(desired in any_desired(), world in any_world()) {
        let step = next_step(&desired, &world, now());
        let can_be_had = desired.another_before().is_some() && world.before.present().is_some();
        prop_assert!(!(can_be_had && step == Decision::Do(Step::CreateServe)), "{:?}", world);
        if let Decision::Do(Step::PromoteSuccessor { container }) = step {
            let successor = world.container(&container).unwrap();
            let is_led_to = world.route.present().is_some_and(|route| route.target == successor.state.address());
            prop_assert!(successor.ready || is_led_to || !can_be_had, "{:?}", world);
        }
    }

    #[test]
    fn while_it_can_be_brought_back_nothing_is_removed(world in any_world(), publishes in any::<bool>()) {
        prop_assume!(!foreign(&world));
        let mut goal = desired(DesiredState::Destroyed, true, publishes);
        goal.remove_after = Some(now() + TimeDelta::hours(1));
        let mut later = World { removal: Observed::Absent, ..world.clone() };
        for _ in 0..LONGEST_WALK + PARTS {
            match next_step(&goal, &later, now()) {
                Decision::Do(step) => {
                    let goes = matches!(step, Step::BeginRemoval | Step::DropDatabase | Step::DropRole | Step::RemoveDumps);
                    prop_assert!(!goes, "{step:?}");
                    later.learn(predict(&step, &goal, &later, now()));
                }
                Decision::Wait(Waiting::Unknown(_)) => look_again(&mut later),
                Decision::Wait(Waiting::Grace { .. }) => {
                    let runs = later.serve.present().is_some_and(|serve| serve.state.may_run());
                    prop_assert!(!runs && later.route.is_absent());
                    return Ok(());
                }
                end @ (Decision::Converged | Decision::Wait(_) | Decision::Blocked(_)) => prop_assert!(false, "{end:?}"),
            }
        }
        prop_assert!(false, "it does not come to rest: {later:?}");
    }

    #[test]
    fn running_means_released_ready_and_routed(mut desired in any_desired(), mut world in any_world()) {
        desired.state = DesiredState::Running;
        if converge(&mut desired, &mut world, &[]) == Decision::Converged {
            let resolved = desired.resolved.as_ref().unwrap();
            let serve = world.serve.present().unwrap();
            prop_assert!(serve.ready && serve.conforms && serve.hash == resolved.serve && serve.state.may_run());
            prop_assert!(!serve.elsewhere);
            prop_assert!(world.successor.is_absent() && world.strays.is_absent());
            prop_assert!(world.release.is_absent());
            if resolved.release.is_some() {
                prop_assert_eq!(&world.released.present().unwrap().image, &resolved.pin.id);
            }
            prop_assert_eq!(world.route.present().unwrap().target.is_some(), desired.route.publishes);
        }
    }

    #[test]
    fn stopped_means_nothing_runs_and_nothing_is_lost(mut world in any_world(), publishes in any::<bool>()) {
        let before = world.clone();
        let end = converge(&mut desired(DesiredState::Stopped, true, publishes), &mut world, &[]);
        let was_half = before.restoration.present().is_some_and(|last| last.stage == RestorationStage::Begun);
        let is_stuck = matches!(end, Decision::Blocked(Blocker::DumpLost | Blocker::DatabaseLost));
        prop_assert!(end == Decision::Converged || (was_half && is_stuck), "{end:?}");
        let runs = world.serve.present().is_some_and(|serve| serve.owned && serve.state.may_run());
        prop_assert!(!runs);
        if !was_half && !before.database.is_unknown() {
            prop_assert_eq!(world.database, before.database);
        }
    }
}
