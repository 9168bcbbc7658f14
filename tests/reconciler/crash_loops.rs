//! An app that keeps ending: held, tried less and less often, named, and left until somebody looks.

use std::time::Duration;

use domain::tenant::{CrashPolicy, Operation, RouteProvider, Status};
use platform_tests::fakes::Bench;
use provisioner::container::fake::{Behaviour, End};
use provisioner::container::{ContainerEngine, ContainerName, Phase, Restart};

/// As the default, in a hurry.
const HASTY: CrashPolicy = CrashPolicy {
    engine_restarts: 3,
    calm_after: Duration::from_millis(400),
    first_pause: Duration::from_millis(100),
    longest_pause: Duration::from_millis(200),
    platform_starts: 3,
};

async fn bench() -> Bench {
    Bench::with(RouteProvider::File, |settings| {
        settings.platform.crashes = HASTY;
        settings.pace.full_look = Duration::from_millis(300);
    })
    .await
}

fn crashes(end: End) -> impl Fn(Phase) -> Option<Behaviour> {
    move |phase| {
        let log = vec!["listening".to_owned(), "Error: out of luck".to_owned()];
        (phase == Phase::Serve).then(|| Behaviour { log, ..Behaviour::ends(end) })
    }
}

#[tokio::test]
async fn a_crash_loop_has_an_end_a_name_and_a_button() {
    let bench = bench().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    bench.behave(crashes(End::with(9)));
    let name = ContainerName::serve(id);
    bench.engine.crash(&name, End::with(9));

    let looping = bench
        .until(id, "the end of the tries", |tenant| {
            tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains("not started again"))
        })
        .await;
    let failure = looping.last_error.unwrap();
    assert!(failure.cause.contains("crash looping") && failure.cause.contains("exit code 9"), "{failure:?}");
    assert_eq!(failure.last_lines.last().unwrap(), "Error: out of luck");
    assert_eq!(looping.status, Status::Error);
    let held = bench.engine.find_container(&name).await.unwrap().unwrap();
    assert!(held.restart == Some(Restart::Never) && !held.state.may_run(), "{held:?}");

    bench.behave(|_| None);
    bench.wish(id, Operation::Restart).await;
    let after = bench.settled(id, Status::Active).await;
    assert_ne!(after.container, before.container);
    turning.stop().await;
}

#[tokio::test]
async fn one_that_calms_down_is_given_back_to_the_engine() {
    let bench = bench().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    bench.behave(crashes(End::out_of_memory()));
    let name = ContainerName::serve(id);
    bench.engine.crash(&name, End::out_of_memory());
    let held = bench
        .until(id, "a crash loop", |tenant| {
            tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains("crash looping"))
        })
        .await;
    assert!(held.last_error.unwrap().cause.contains("more memory than its limit"));
    bench.behave(|_| None);
    let calm = bench
        .until(id, "calm", |tenant| {
            let serve = tenant.observed.serve.present();
            tenant.is_settled() && serve.is_some_and(|serve| !serve.crashes.held && serve.ready)
        })
        .await;
    assert_eq!((calm.status, calm.container), (Status::Active, before.container));
    let trusted = bench.engine.find_container(&name).await.unwrap().unwrap();
    assert_eq!(trusted.restart, Some(Restart::UnlessStopped));
    turning.stop().await;
}

#[tokio::test]
async fn a_single_crash_is_the_engines_to_mend() {
    let bench = bench().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    let name = ContainerName::serve(id);
    bench.engine.crash(&name, End::with(1));
    bench
        .until(id, "a restart", |tenant| {
            let serve = tenant.observed.serve.present();
            tenant.is_settled() && serve.is_some_and(|serve| serve.crashes.restarts == 1 && serve.ready)
        })
        .await;
    assert_eq!(bench.engine.find_container(&name).await.unwrap().unwrap().restart, Some(Restart::UnlessStopped));
    turning.stop().await;
}
