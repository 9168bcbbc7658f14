//! Dies at every call to the world outside, before and after its effect, and starts again: nothing doubled, nothing lost,
//! nothing left over.

mod goal;

use std::time::Duration;

use domain::tenant::RouteProvider;
use platform_tests::fakes::{Bench, HASTY};
use platform_tests::mortal::{Moment, Mortal};

use goal::Goal;

/// The environment's word for all points, where a goal takes too many calls for every day.
const ALL: &str = "FRESCO_ALL_CRASH_POINTS";
/// How often a call that a run did not make is waited for in another.
const ATTEMPTS: usize = 3;
const BOTH: [Moment; 2] = [Moment::BeforeEffect, Moment::AfterEffect];

/// The calls on the way to an undisturbed goal: each is a place to die at. A busy machine may look more often than it must,
/// which the next run would not; so of some the shortest.
async fn calls(bench: &Bench, goal: Goal) -> Vec<&'static str> {
    let mut shortest = undisturbed(bench, goal, 0).await;
    for run in 1..3 {
        let calls = undisturbed(bench, goal, run).await;
        if calls.len() < shortest.len() {
            shortest = calls;
        }
    }
    shortest
}

async fn undisturbed(bench: &Bench, goal: Goal, run: usize) -> Vec<&'static str> {
    let id = goal.prepare(bench, &format!("undisturbed-{run}")).await;
    let mortal = Mortal::new(bench.parts(), None);
    let turning = bench.turn(mortal.parts());
    goal.wish(bench, id).await;
    goal.reached(bench, id).await;
    // What a look begins after that, and a stop waits for, is not on the way.
    let calls = mortal.made();
    turning.stop().await;
    Goal::clean_up(bench, id).await;
    calls
}

/// Whether it died there: how often a container is looked at while it is waited for is not the same each time, so the last
/// calls of one run may not be made in another.
async fn dies_at(bench: &Bench, goal: Goal, (number, moment): (usize, Moment), attempt: usize) -> bool {
    let name = format!("{}-{number}-{attempt}", if moment == Moment::BeforeEffect { "before" } else { "after" });
    let id = goal.prepare(bench, &name).await;
    let mortal = Mortal::new(bench.parts(), Some((number, moment)));
    let turning = bench.turn(mortal.parts());
    goal.wish(bench, id).await;
    let died = tokio::select! {
        () = mortal.died() => true,
        () = goal.reached(bench, id) => false,
    };
    turning.kill().await;

    let turning = bench.turn(bench.parts());
    goal.reached(bench, id).await;
    turning.stop().await;
    goal.check(bench, id).await;
    Goal::clean_up(bench, id).await;
    died
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how many")]
fn is_for_all() -> bool {
    std::env::var_os(ALL).is_some()
}

#[expect(clippy::print_stdout, reason = "`scripts/test faults` reads it")]
async fn every_crash_point(goal: Goal, provider: RouteProvider, moments: &[Moment]) {
    let bench = Bench::saving_before_releases(provider, |settings| {
        settings.platform.crashes = HASTY;
        if goal == Goal::CalmDown {
            settings.pace.full_look = HASTY.calm_after;
        }
        // Its questions are calls too, and change nothing.
        settings.pace.health = Duration::from_secs(60);
    })
    .await;
    let broken = bench.add_image(goal::BROKEN, "3.1.1");
    bench.behave_as(goal.script(broken));
    let calls = calls(&bench, goal).await;
    assert!(calls.len() > goal.fewest_calls(), "{calls:?}");
    let stride = if is_for_all() { 1 } else { goal.stride() };
    let (mut points, mut deaths) = (0, 0);
    for number in (0..calls.len()).step_by(stride) {
        for moment in moments {
            points += 1;
            for attempt in 0..ATTEMPTS {
                if dies_at(&bench, goal, (number, *moment), attempt).await {
                    deaths += 1;
                    break;
                }
            }
        }
    }
    assert!(deaths * 10 >= points * goal.deaths_in_ten(), "it died at {deaths} of {points} calls only");
    // For `scripts/test faults`, which adds up.
    println!(r#"{{"crash_points":{deaths}}}"#);
}

/// A test for each goal, route provider and moments.
macro_rules! survives {
    ($($name:ident: $goal:ident, $provider:ident, $moments:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            every_crash_point(Goal::$goal, RouteProvider::$provider, $moments).await;
        }
    )*};
}
survives! {
    a_deploy: Deploy, File, &BOTH;
    a_deploy_whose_release_fails: DeployAgain, File, &BOTH;
    a_change_of_mind_during_a_release: ChangeOfMind, File, &BOTH;
    a_stop_during_the_first_release: StopEarly, File, &BOTH;
    an_update: Update, File, &BOTH;
    an_update_behind_labels: Update, Labels, &BOTH;
    giving_an_update_up_before_effects: GiveUp, Labels, &[Moment::BeforeEffect];
    giving_an_update_up_after_effects: GiveUp, Labels, &[Moment::AfterEffect];
    giving_an_update_up_without_what_served_before_effects: GiveUpAlone, File, &[Moment::BeforeEffect];
    giving_an_update_up_without_what_served_after_effects: GiveUpAlone, File, &[Moment::AfterEffect];
    going_back_with_the_data: Restore, File, &BOTH;
    holding_and_trusting_one_that_crashes_before_effects: CalmDown, File, &[Moment::BeforeEffect];
    holding_and_trusting_one_that_crashes_after_effects: CalmDown, File, &[Moment::AfterEffect];
    putting_limits_right: Tighten, File, &BOTH;
    replacing_a_renamed_container: Replace, File, &BOTH;
    a_destroy: Destroy, File, &BOTH;
}
