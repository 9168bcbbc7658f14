//! What happens step by step, where the order matters to people.

use super::preview::predict;
use super::tests::converge;
use super::worlds::{container, desired, now, resolved};
use super::{Blocker, Decision, Part, Waiting, beside, next_step, preview};
use crate::tenant::*;

#[test]
fn a_first_deploy_takes_these_steps_in_this_order() {
    let fresh = Desired { resolved: None, ..desired(DesiredState::Running, true, true) };
    let plan = preview(&fresh, &World::empty(), &resolved(true), now());
    let names: Vec<&str> = plan.steps.iter().map(Step::name).collect();
    assert_eq!(
        names,
        [
            "ensure_network",
            "ensure_image",
            "write_route",
            "ensure_role",
            "ensure_database",
            "create_release",
            "start_release",
            "await_release",
            "check_release",
            "create_serve",
            "start_serve",
            "remove_release",
            "await_ready",
            "write_route",
        ]
    );
    assert_eq!(plan.end, Decision::Converged);
}

#[test]
fn nobody_is_sent_to_somebody_elses_address_though_postgresql_is_away() {
    let mut world = World::empty();
    let goal = desired(DesiredState::Running, true, true);
    assert_eq!(converge(&mut goal.clone(), &mut world, &[]), Decision::Converged);
    world.serve = Observed::Absent;
    (world.role, world.database) = (Observed::Unknown, Observed::Unknown);
    assert_eq!(next_step(&goal, &world, now()), Decision::Do(Step::WriteRoute { target: None }));
}

#[test]
fn a_lost_database_is_never_replaced_by_an_empty_one() {
    let mut world = World::empty();
    let goal = desired(DesiredState::Running, true, false);
    assert_eq!(converge(&mut goal.clone(), &mut world, &[]), Decision::Converged);
    world.database = Observed::Absent;
    assert_eq!(next_step(&goal, &world, now()), Decision::Blocked(Blocker::DatabaseLost));
}

#[test]
fn one_whose_removal_was_cut_short_is_lost_and_only_made_anew_where_nothing_was_in_it() {
    let mut world = World::empty();
    let goal = desired(DesiredState::Running, true, false);
    assert_eq!(converge(&mut goal.clone(), &mut world, &[]), Decision::Converged);
    let ruined = DatabaseState { identity: DatabaseIdentity(1), conforms: false, ruined: true };
    world.database = Observed::Present(ruined);
    assert_eq!(next_step(&goal, &world, now()), Decision::Blocked(Blocker::DatabaseLost));
    let destroyed = desired(DesiredState::Destroyed, true, false);
    assert!(names(&preview(&destroyed, &world, &resolved(true), now())).contains(&"drop_database"));
    world.released = Observed::Absent;
    assert_eq!(next_step(&goal, &world, now()), Decision::Do(Step::EnsureDatabase));
}

#[test]
fn a_successor_that_lost_its_network_is_made_anew_and_given_up_only_for_what_it_does() {
    let (goal, mut world) = running_and_wanted(true);
    for step in ["create_successor", "start_serve"] {
        let Decision::Do(next) = next_step(&goal, &world, now()) else { panic!("{world:?}") };
        assert_eq!(next.name(), step);
        world.learn(predict(&next, &goal, &world, now()));
    }
    if let Observed::Present(successor) = &mut world.successor {
        successor.state = ContainerState::Running { started_at: now(), address: None };
    }
    let plan = preview(&goal, &world, &resolved(true), now());
    assert!(names(&plan).starts_with(&["remove_serve", "create_successor"]), "{plan:?}");
    assert_eq!(plan.end, Decision::Converged);
}

#[test]
fn a_successor_that_fails_while_postgresql_is_away_is_not_given_up() {
    let (goal, before) = running_and_wanted(true);
    let mut world = before.clone();
    for _ in ["create_successor", "start_serve"] {
        let Decision::Do(next) = next_step(&goal, &world, now()) else { panic!("{world:?}") };
        world.learn(predict(&next, &goal, &world, now()));
    }
    let state = ContainerState::Exited { exit_code: 1, oom_killed: false, finished_at: now() };
    if let Observed::Present(successor) = &mut world.successor {
        successor.state = state;
    }
    let rejected = next_step(&goal, &world, now());
    assert!(matches!(rejected, Decision::Do(Step::RejectSuccessor { .. })), "{rejected:?}");
    (world.role, world.database) = (Observed::Unknown, Observed::Unknown);
    let plan = preview(&goal, &world, &resolved(true), now());
    assert_eq!((names(&plan), plan.end), (vec!["remove_serve"], Decision::Wait(Waiting::Unknown(Part::Role))));
    let again = preview(&goal, &before, &resolved(true), now());
    assert!(names(&again).starts_with(&["create_successor", "start_serve"]), "{again:?}");
}

#[test]
fn an_engine_that_does_not_answer_is_waited_for() {
    let world = World { serve: Observed::Unknown, ..World::empty() };
    let goal = desired(DesiredState::Stopped, true, false);
    assert_eq!(next_step(&goal, &world, now()), Decision::Wait(Waiting::Unknown(Part::Serve)));
}

#[test]
fn a_release_that_nobody_wants_any_more_is_stopped_if_it_is_the_first_and_waited_for_if_it_is_not() {
    let mut world = World::empty();
    let goal = desired(DesiredState::Running, true, true);
    assert_eq!(converge(&mut goal.clone(), &mut world, &[]), Decision::Converged);
    let (container, started_at) = (container('2'), now());
    world.release = Observed::Present(ReleaseContainer {
        id: container.clone(),
        owned: true,
        hash: hash(&"another"),
        state: ContainerState::Running { started_at, address: None },
        ineffective: false,
    });
    let first = World { released: Observed::Absent, serve: Observed::Absent, route: Observed::Absent, ..world.clone() };
    let stopped = desired(DesiredState::Stopped, true, true);
    let later = now() + chrono::TimeDelta::hours(1);
    let destroyed = Desired { remove_after: Some(later), ..desired(DesiredState::Destroyed, true, true) };
    for goal in [&stopped, &destroyed] {
        let plan = preview(goal, &world, &resolved(true), now());
        assert!(names(&plan).contains(&"outwait_release") && !names(&plan).contains(&"stop_release"), "{plan:?}");
        assert_eq!(next_step(goal, &first, now()), Decision::Do(Step::StopRelease { container: container.clone() }));
    }
    let plan = preview(&goal, &world, &resolved(true), now());
    assert!(names(&plan).starts_with(&["outwait_release", "remove_release"]), "a change that was cancelled: {plan:?}");
}

/// A tenant that runs, and what it is to become.
fn running_and_wanted(publishes: bool) -> (Desired, World) {
    let mut world = World::empty();
    let mut goal = desired(DesiredState::Running, true, publishes);
    assert_eq!(converge(&mut goal, &mut world, &[]), Decision::Converged);
    if let (Some(resolved), Observed::Present(serve)) = (&mut goal.resolved, &mut world.serve) {
        resolved.serve = hash(&"changed");
        serve.id = container('1');
        serve.state = ContainerState::Running { started_at: now(), address: "10.77.0.9:3000".parse().ok() };
    }
    if let Observed::Present(route) = &mut world.route {
        route.target = route.target.and("10.77.0.9:3000".parse().ok());
    }
    (goal, world)
}

fn names(plan: &Preview) -> Vec<&'static str> {
    plan.steps.iter().map(Step::name).collect()
}

#[test]
fn a_change_behind_a_route_of_its_own_switches_before_it_stops() {
    let (goal, world) = running_and_wanted(true);
    let plan = preview(&goal, &world, &resolved(true), now());
    let steps = [
        "create_successor",
        "start_serve",
        "await_ready",
        "write_route",
        "await_switch",
        "stop_serve",
        "remove_serve",
        "promote_successor",
    ];
    assert_eq!((names(&plan), plan.end), (steps.to_vec(), Decision::Converged));
}

#[test]
fn a_change_behind_labels_stops_as_late_as_it_can() {
    let (goal, world) = running_and_wanted(false);
    let plan = preview(&goal, &world, &resolved(true), now());
    let steps = ["create_successor", "stop_serve", "start_serve", "await_ready", "remove_serve", "promote_successor"];
    assert_eq!((names(&plan), plan.end), (steps.to_vec(), Decision::Converged));
}

#[test]
fn a_successor_that_does_not_become_ready_gives_way_to_what_was_before() {
    for publishes in [true, false] {
        let (goal, mut world) = running_and_wanted(publishes);
        let before = world.clone();
        let mut steps = Vec::new();
        let end = loop {
            match next_step(&goal, &world, now()) {
                Decision::Do(step) => {
                    world.learn(predict(&step, &goal, &world, now()));
                    if let Step::AwaitReady { container } = &step
                        && let Observed::Present(successor) = &mut world.successor
                        && successor.id == *container
                    {
                        (successor.ready, successor.unfit) = (false, Some(String::new()));
                    }
                    steps.push(step.name());
                }
                end @ (Decision::Converged | Decision::Wait(_) | Decision::Blocked(_)) => break end,
            }
        };
        assert_eq!(end, Decision::Blocked(Blocker::ChangeRejected));
        let serve = world.serve.present().unwrap();
        assert_eq!((&serve.id, serve.ready), (&before.serve.present().unwrap().id, true), "{steps:?}");
        assert!(world.successor.is_absent() && world.route == before.route, "{steps:?}");
        assert!(!steps.contains(&"write_route"), "{steps:?}");
    }
}

#[test]
fn one_that_keeps_crashing_is_held_started_less_and_less_often_and_then_left() {
    let (mut goal, mut world) = running_and_wanted(false);
    goal.resolved = Some(resolved(true));
    if let Observed::Present(serve) = &mut world.serve {
        serve.hash = resolved(true).serve;
        serve.state = ContainerState::Restarting { exit_code: 3, oom_killed: false };
        serve.crashes.restarts = goal.crashes.engine_restarts;
    }
    let (mut clock, mut starts) = (now(), 0);
    let end = loop {
        match next_step(&goal, &world, clock) {
            Decision::Do(step) => {
                world.learn(predict(&step, &goal, &world, clock));
                if let (Step::StartServe { .. }, Observed::Present(serve)) = (&step, &mut world.serve) {
                    starts += 1;
                    serve.state = ContainerState::Exited { exit_code: 3, oom_killed: true, finished_at: clock };
                }
            }
            Decision::Wait(Waiting::CrashLooping { again_at, .. }) => {
                assert!(again_at > clock);
                clock = again_at;
            }
            end @ (Decision::Converged | Decision::Wait(_) | Decision::Blocked(_)) => break end,
        }
    };
    assert_eq!(end, Decision::Blocked(Blocker::CrashLooping { exit_code: 3, oom_killed: true }));
    assert_eq!(starts, goal.crashes.platform_starts);
}

#[test]
fn limits_changed_behind_our_back_are_put_right_where_it_stands() {
    for state in [DesiredState::Running, DesiredState::Stopped] {
        let (_, mut world) = running_and_wanted(true);
        let goal = desired(state, true, true);
        assert_eq!(converge(&mut goal.clone(), &mut world, &[]), Decision::Converged);
        if let Observed::Present(serve) = &mut world.serve {
            serve.conforms = false;
        }
        let plan = preview(&goal, &world, &resolved(true), now());
        assert_eq!((names(&plan), plan.end), (vec!["restore_limits"], Decision::Converged));
    }
}

#[test]
fn one_that_somebody_has_put_into_another_network_is_made_anew_at_once() {
    let (_, mut world) = running_and_wanted(true);
    let goal = desired(DesiredState::Running, true, true);
    assert_eq!(converge(&mut goal.clone(), &mut world, &[]), Decision::Converged);
    if let Observed::Present(serve) = &mut world.serve {
        serve.elsewhere = true;
    }
    let plan = preview(&goal, &world, &resolved(true), now());
    let steps = names(&plan);
    assert!(steps[0] == "remove_serve" && steps.contains(&"create_serve"), "{steps:?}");
    assert_eq!(plan.end, Decision::Converged);
}

#[test]
fn an_end_that_a_clock_set_back_has_left_in_the_future_is_not_waited_for() {
    let (mut goal, mut world) = running_and_wanted(false);
    goal.resolved = Some(resolved(true));
    let at = |finished_at| ContainerState::Exited { exit_code: 3, oom_killed: false, finished_at };
    let mut held = |finished_at| {
        if let Observed::Present(serve) = &mut world.serve {
            (serve.hash, serve.state, serve.crashes) = (resolved(true).serve, at(finished_at), Crashes::in_hand());
        }
        next_step(&goal, &world, now())
    };
    assert!(matches!(held(now()), Decision::Wait(Waiting::CrashLooping { .. })));
    assert!(matches!(held(now() + chrono::TimeDelta::hours(2)), Decision::Do(Step::StartServe { .. })));
}

/// Somebody has removed the container meanwhile, or it has lost its network.
#[test]
fn what_served_before_a_change_is_made_again_where_it_is_gone() {
    for publishes in [true, false] {
        let (mut goal, mut world) = running_and_wanted(publishes);
        (goal.before, world.before) = (Some(resolved(true)), Observed::Present(()));
        world.serve = Observed::Absent;
        let mut steps = Vec::new();
        let end = loop {
            match next_step(&goal, &world, now()) {
                Decision::Do(step) => {
                    world.learn(predict(&step, &goal, &world, now()));
                    if let (Step::AwaitReady { .. }, Observed::Present(successor)) = (&step, &mut world.successor) {
                        (successor.ready, successor.unfit) = (false, Some(String::new()));
                    }
                    steps.push(step.name());
                }
                end @ (Decision::Converged | Decision::Wait(_) | Decision::Blocked(_)) => break end,
            }
        };
        assert_eq!(end, Decision::Blocked(Blocker::ChangeRejected), "{steps:?}");
        let serve = world.serve.present().unwrap();
        assert_eq!((&serve.hash, serve.ready), (&resolved(true).serve, true), "{steps:?}");

        // One whose image is gone can't be had: the change is all there is.
        (world.serve, world.before) = (Observed::Absent, Observed::Absent);
        world.learn(predict(&Step::WriteRoute { target: None }, &goal, &world, now()));
        assert_eq!(next_step(&goal, &world, now()), Decision::Do(Step::CreateServe));
    }
}

/// A wish for older data, and a tenant that runs with the dump it asks for.
fn wished(publishes: bool) -> (Desired, World, RestoreWish) {
    let (mut goal, mut world) = running_and_wanted(publishes);
    let wish = RestoreWish { asked: 5, before_release: 2 };
    goal.restore = Some(wish);
    world.dumps = Observed::Present(DumpsState { releases: [2].into(), ..DumpsState::default() });
    (goal, world, wish)
}

#[test]
fn older_data_are_brought_back_after_what_is_there_is_saved_and_before_anything_runs_again() {
    let (goal, world, _) = wished(true);
    let plan = preview(&goal, &world, &resolved(true), now());
    let steps = [
        "write_route",
        "stop_serve",
        "remove_serve",
        "save_database",
        "restore_database",
        "create_serve",
        "start_serve",
        "await_ready",
        "write_route",
    ];
    assert_eq!((names(&plan), plan.end), (steps.to_vec(), Decision::Converged));
    let stopped = Desired { state: DesiredState::Stopped, ..goal };
    let plan = preview(&stopped, &world, &resolved(true), now());
    let steps = ["write_route", "stop_serve", "remove_serve", "save_database", "restore_database"];
    assert_eq!((names(&plan), plan.end), (steps.to_vec(), Decision::Converged));
}

#[test]
fn a_restore_that_nobody_wants_any_more_half_way_is_undone_before_anything_runs() {
    let (mut goal, mut world, wish) = wished(false);
    world.serve = Observed::Absent;
    world.restoration = Observed::Present(Restoration { wish, stage: RestorationStage::Begun });
    if let Observed::Present(dumps) = &mut world.dumps {
        dumps.restores.insert(wish.asked);
    }
    assert_eq!(next_step(&goal, &world, now()), Decision::Do(Step::RestoreDatabase { wish }), "or carried through");
    goal.restore = None;
    let plan = preview(&goal, &world, &resolved(true), now());
    let steps = ["undo_restore", "create_serve", "start_serve", "await_ready"];
    assert_eq!((names(&plan), plan.end), (steps.to_vec(), Decision::Converged));
}

#[test]
fn without_its_dump_nothing_is_taken_down_for_a_restore() {
    let (goal, mut world, _) = wished(true);
    world.dumps = Observed::Absent;
    assert_eq!(next_step(&goal, &world, now()), Decision::Blocked(Blocker::DumpLost));
}

#[test]
fn in_a_first_deploy_these_are_done_at_the_same_time() {
    let (mut goal, mut world) = (desired(DesiredState::Running, true, true), World::empty());
    let mut together = Vec::new();
    while let Decision::Do(step) = next_step(&goal, &world, now()) {
        let others = beside(&goal, &world, &step);
        together.extend(others.iter().map(|other| (step.name(), other.name())));
        for step in [vec![step], others].concat() {
            goal.resolved.get_or_insert_with(|| resolved(true));
            world.learn(predict(&step, &goal, &world, now()));
        }
    }
    let expected = [
        ("write_route", "ensure_role"),
        ("ensure_database", "create_release"),
        ("ensure_database", "create_serve"),
        ("start_serve", "remove_release"),
    ];
    assert_eq!(together, expected);
    assert!(world.release.is_absent());
}
