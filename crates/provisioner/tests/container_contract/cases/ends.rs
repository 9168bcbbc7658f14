use std::time::{Duration, Instant};

use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState};
use domain::{Clock as _, SystemClock};
use provisioner::container::{EngineError, Exit, Phase};

use crate::bench::{Bench, eventually};
use crate::program::Program;

pub(crate) async fn are_told_with_their_code(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Release, Program::Fails).await;
    let exit = bench.engine.wait_container(&id).await.unwrap();
    assert_eq!((exit.code, exit.oom_killed), (7, false));
    assert!((SystemClock.now() - exit.finished_at).abs() < chrono::Duration::seconds(30));
    assert_eq!(bench.engine.wait_container(&id).await, Ok(exit), "at once where it has ended");
    let Exit { code: exit_code, oom_killed, finished_at } = exit;
    assert_eq!(bench.state(&spec.name).await, Some(ContainerState::Exited { exit_code, oom_killed, finished_at }));
    let (_spec, own) = bench.started(Phase::Release, Program::ImagesOwn).await;
    assert_eq!(bench.engine.wait_container(&own).await.unwrap().code, 5, "the image's own command");
    let (_spec, good) = bench.started(Phase::Release, Program::Speaks).await;
    assert_eq!(bench.engine.wait_container(&good).await.unwrap().code, 0);
}

pub(crate) async fn by_sigterm_are_the_apps_own(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Serve, Program::EndsWhenTold).await;
    listens(bench, &id).await;
    let began = Instant::now();
    let stopped = bench.engine.stop_container(&id, Duration::from_secs(20)).await.unwrap();
    assert!(matches!(stopped, ContainerState::Exited { exit_code: 3, .. }), "{stopped:?}");
    assert!(began.elapsed() < Duration::from_secs(15), "it did not take the whole grace");
}

pub(crate) async fn that_ignore_sigterm_are_killed(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Serve, Program::IgnoresSigterm).await;
    listens(bench, &id).await;
    let began = Instant::now();
    let stopped = bench.engine.stop_container(&id, Duration::from_secs(1)).await.unwrap();
    assert!(matches!(stopped, ContainerState::Exited { exit_code: 137, oom_killed: false, .. }), "{stopped:?}");
    assert!(began.elapsed() >= Duration::from_millis(900), "after its grace, not before: {:?}", began.elapsed());
}

pub(crate) async fn for_want_of_memory_say_so(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Release, Program::EatsMemory).await;
    let exit = bench.engine.wait_container(&id).await.unwrap();
    assert_eq!((exit.code, exit.oom_killed), (137, true));
    let state = bench.state(&spec.name).await;
    assert!(matches!(state, Some(ContainerState::Exited { oom_killed: true, .. })), "{state:?}");
}

pub(crate) async fn of_a_server_are_followed_by_a_restart(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Serve, Program::Fails).await;
    eventually("a second restart", || async {
        let found = bench.engine.find_container(&spec.name).await.unwrap()?;
        let restarting = matches!(found.state, ContainerState::Restarting { exit_code: 7, .. });
        (restarting && found.restarts >= 2).then_some(())
    })
    .await;
    let stopped = bench.engine.stop_container(&id, Duration::from_secs(5)).await.unwrap();
    assert!(!stopped.may_run(), "{stopped:?}");
    // Nothing can be waited for: the time within which it would have come back.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!bench.state(&spec.name).await.unwrap().may_run(), "somebody stopped it");
}

pub(crate) async fn are_waited_for_only_where_they_can_come(bench: &Bench) {
    let spec = bench.spec(Phase::Release, Program::Sleeps);
    let id = bench.made(&spec).await;
    assert!(matches!(bench.engine.wait_container(&id).await, Err(EngineError::Refused { .. })));
    bench.engine.start_container(&id).await.unwrap();
    let (exit, removed) = tokio::join!(bench.engine.wait_container(&id), bench.engine.remove_container(&id));
    assert_eq!(removed, Ok(()));
    // It was killed by its removal; whoever looks late finds nothing.
    assert!(matches!(exit, Ok(Exit { code: 137, .. }) | Err(EngineError::NotFound { .. })), "{exit:?}");
}

/// Until then the shell would die of the signal.
async fn listens(bench: &Bench, id: &ContainerId) {
    eventually("ready", || async {
        let log = bench.engine.tail_log(id, 10, Bytes::mib(1)).await.unwrap();
        log.iter().any(|line| line == "ready").then_some(())
    })
    .await;
}
