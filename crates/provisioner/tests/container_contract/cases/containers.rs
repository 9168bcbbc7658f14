use std::time::Duration;

use domain::TenantId;
use domain::image::ImageId;
use domain::limits::{Limits, Millicpus};
use domain::quantity::Bytes;
use domain::tenant::ContainerState;
use domain::{Clock as _, SystemClock, SystemEntropy};
use futures_util::StreamExt;
use provisioner::container::{ContainerName, ContainerSpec, EngineError, NetworkName, Phase, PlatformId, Restart};
use tokio::time::timeout;

use crate::bench::{Bench, eventually};
use crate::program::{Program, STRANGER};

pub(crate) async fn are_made_once_and_only_of_what_is_there(bench: &Bench) {
    let spec = bench.spec(Phase::Serve, Program::Sleeps);
    let no_network = bench.engine.create_container(&spec).await;
    assert!(matches!(no_network, Err(EngineError::NotFound { what }) if what.contains("network")));
    bench.engine.ensure_network(&bench.network).await.unwrap();

    let image = ImageId::parse(&format!("sha256:{}", "0".repeat(64))).unwrap();
    let no_image = bench.engine.create_container(&ContainerSpec { image, ..spec.clone() }).await;
    assert!(matches!(no_image, Err(EngineError::NotFound { what }) if what.contains("image")));
    let network = NetworkName::parse("no-such-network").unwrap();
    let other_network = bench.engine.create_container(&ContainerSpec { network, ..spec.clone() }).await;
    assert!(matches!(other_network, Err(EngineError::NotFound { what }) if what.contains("no-such-network")));
    assert_eq!(bench.hands.count_containers(), 0);

    let id = bench.engine.create_container(&spec).await.unwrap();
    let again = bench.engine.create_container(&spec).await;
    assert!(matches!(again, Err(EngineError::Conflict { what, .. }) if what.contains(spec.name.as_str())));
    let found = bench.engine.find_container(&spec.name).await.unwrap().unwrap();
    assert_eq!((found.id, found.name.as_str()), (id, spec.name.as_str()));
    assert_eq!((found.owner, found.image.as_str()), (Some(spec.owner), bench.image.as_str()));
    assert_eq!(found.state, ContainerState::Created);
}

pub(crate) async fn live_from_start_to_removal(bench: &Bench) {
    let spec = bench.spec(Phase::Serve, Program::Sleeps);
    let id = bench.made(&spec).await;
    let running = bench.engine.start_container(&id).await.unwrap();
    let ContainerState::Running { started_at, address: Some(address) } = &running else { panic!("{running:?}") };
    assert_eq!(address.port(), 3000);
    assert!((SystemClock.now() - started_at).abs() < chrono::Duration::seconds(30));
    assert_eq!(bench.engine.start_container(&id).await, Ok(running.clone()), "started twice, run once");
    assert_eq!(bench.state(&spec.name).await, Some(running));

    let grace = Duration::from_secs(10);
    let stopped = bench.engine.stop_container(&id, grace).await.unwrap();
    assert!(matches!(stopped, ContainerState::Exited { exit_code: 143, oom_killed: false, .. }), "{stopped:?}");
    assert_eq!(bench.engine.stop_container(&id, grace).await, Ok(stopped.clone()), "stopped twice");
    assert_eq!(bench.state(&spec.name).await, Some(stopped));
    let again = bench.engine.start_container(&id).await.unwrap();
    assert!(matches!(again, ContainerState::Running { .. }));

    bench.engine.remove_container(&id).await.unwrap();
    assert_eq!(bench.state(&spec.name).await, None);
    assert_eq!(bench.engine.remove_container(&id).await, Ok(()), "removed twice");
    assert!(matches!(bench.engine.start_container(&id).await, Err(EngineError::NotFound { .. })));
    assert!(matches!(bench.engine.stop_container(&id, grace).await, Err(EngineError::NotFound { .. })));
    assert!(matches!(bench.engine.wait_container(&id).await, Err(EngineError::NotFound { .. })));
    assert!(matches!(bench.engine.tail_log(&id, 9, Bytes(9)).await, Err(EngineError::NotFound { .. })));
}

pub(crate) async fn resume_when_paused(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    bench.hands.pause(&spec.name);
    assert_eq!(bench.state(&spec.name).await, Some(ContainerState::Paused));
    let resumed = bench.engine.start_container(&id).await.unwrap();
    assert!(matches!(resumed, ContainerState::Running { address: Some(_), .. }), "{resumed:?}");
    bench.hands.pause(&spec.name);
    let stopped = bench.engine.stop_container(&id, Duration::from_secs(10)).await.unwrap();
    assert!(matches!(stopped, ContainerState::Exited { .. }), "{stopped:?}");
}

pub(crate) async fn that_cannot_start_say_why(bench: &Bench) {
    let stranger = Some(STRANGER.to_owned());
    let spec = ContainerSpec { user: stranger, ..bench.spec(Phase::Release, Program::Sleeps) };
    let id = bench.made(&spec).await;
    // Docker calls it a fault of its own, as it does what may pass; what counts is that it says why.
    let error = bench.engine.start_container(&id).await.unwrap_err();
    assert!(matches!(error, EngineError::Refused { .. } | EngineError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("user"), "{error}");
    assert_eq!(bench.state(&spec.name).await, Some(ContainerState::Created));
}

pub(crate) async fn whose_network_is_gone_are_refused_and_not_taken_for_gone(bench: &Bench) {
    let spec = bench.spec(Phase::Release, Program::Sleeps);
    let id = bench.made(&spec).await;
    bench.hands.drop_network(&bench.network.name);
    let answer = bench.engine.start_container(&id).await;
    assert!(matches!(answer, Err(EngineError::Refused { .. })), "{answer:?}");
    assert_eq!(bench.state(&spec.name).await, Some(ContainerState::Created));
}

pub(crate) async fn are_listed_by_platform(bench: &Bench) {
    let (running, running_id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let made = bench.spec(Phase::Release, Program::Fails);
    let made_id = bench.made(&made).await;
    let mut other = bench.spec(Phase::Serve, Program::Sleeps);
    other.owner.platform = PlatformId::parse(&format!("{}-2", bench.platform.as_str())).unwrap();
    let other_id = bench.made(&other).await;

    let mut listed = bench.engine.list_containers(&bench.platform).await.unwrap();
    listed.sort_by_key(|container| container.name.clone());
    let [release, serve] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!((&release.id, release.name.as_str(), release.may_run), (&made_id, made.name.as_str(), false));
    assert_eq!((&serve.id, serve.name.as_str(), serve.may_run), (&running_id, running.name.as_str(), true));
    assert_eq!((&release.owner, &serve.owner), (&Some(made.owner), &Some(running.owner)));

    let others = bench.engine.list_containers(&other.owner.platform).await.unwrap();
    assert_eq!(others.iter().map(|container| &container.id).collect::<Vec<_>>(), [&other_id]);
    bench.engine.remove_container(&other_id).await.unwrap();
}

/// Whether they run or not.
pub(crate) async fn in_another_network_say_so(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let told = async || {
        let found = bench.engine.find_container(&spec.name).await.unwrap().unwrap();
        let listed = bench.engine.list_containers(&bench.platform).await.unwrap();
        let listed = listed.iter().find(|listed| listed.id == id).unwrap();
        (found.elsewhere, listed.elsewhere)
    };
    assert_eq!(told().await, (false, false));
    bench.hands.put_elsewhere(&spec.name);
    assert_eq!(told().await, (true, true));
    bench.engine.stop_container(&id, Duration::ZERO).await.unwrap();
    assert_eq!(told().await, (true, true));
}

pub(crate) async fn of_somebody_else_have_no_owner(bench: &Bench) {
    let name = ContainerName::serve(TenantId::generate(SystemClock.now(), &SystemEntropy));
    bench.hands.plant_container(&name);
    let found = bench.engine.find_container(&name).await.unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.owner), (name.as_str(), None));
    assert!(matches!(found.state, ContainerState::Running { address: None, .. }), "{:?}", found.state);
    assert_eq!(bench.engine.list_containers(&bench.platform).await, Ok(Vec::new()));
    bench.engine.remove_container(&found.id).await.unwrap();
}

pub(crate) async fn take_another_name(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let next = ContainerName::successor(spec.owner.tenant);
    bench.engine.rename_container(&id, &next).await.unwrap();
    assert_eq!(bench.state(&spec.name).await, None);
    let renamed = bench.engine.find_container(&next).await.unwrap().unwrap();
    assert_eq!((&renamed.id, renamed.name.as_str()), (&id, next.as_str()));
    assert!(renamed.state.may_run(), "it was not disturbed: {:?}", renamed.state);
    assert_eq!(bench.engine.rename_container(&id, &next).await, Ok(()), "renamed twice");

    let other = bench.made(&spec).await;
    let taken = bench.engine.rename_container(&id, &spec.name).await;
    assert!(matches!(taken, Err(EngineError::Conflict { .. })), "{taken:?}");
    bench.engine.remove_container(&other).await.unwrap();
    bench.engine.rename_container(&id, &spec.name).await.unwrap();
    bench.engine.remove_container(&id).await.unwrap();
    let gone = bench.engine.rename_container(&id, &next).await;
    assert!(matches!(gone, Err(EngineError::NotFound { .. })), "{gone:?}");
}

pub(crate) async fn are_restarted_by_whom_one_says(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Serve, Program::Fails).await;
    // An engine refuses that for the moment in which it is about to start the container again.
    eventually("the engine takes it", || async { bench.engine.set_restart(&id, Restart::Never).await.ok() }).await;
    bench.engine.stop_container(&id, Duration::from_secs(5)).await.unwrap();
    let held = bench.engine.find_container(&spec.name).await.unwrap().unwrap();
    assert_eq!(held.restart, Some(Restart::Never));
    assert!(matches!(held.state, ContainerState::Exited { .. }), "{:?}", held.state);

    bench.engine.start_container(&id).await.unwrap();
    bench.engine.wait_container(&id).await.unwrap();
    let ended = bench.engine.find_container(&spec.name).await.unwrap().unwrap();
    assert!(matches!(ended.state, ContainerState::Exited { exit_code: 7, .. }), "{:?}", ended.state);
    assert_eq!(ended.restarts, 0, "nobody has started it again");

    bench.engine.set_restart(&id, Restart::UnlessStopped).await.unwrap();
    let trusted = bench.engine.find_container(&spec.name).await.unwrap().unwrap();
    assert_eq!(trusted.restart, Some(Restart::UnlessStopped));
    bench.engine.remove_container(&id).await.unwrap();
    let gone = bench.engine.set_restart(&id, Restart::Never).await;
    assert!(matches!(gone, Err(EngineError::NotFound { .. })), "{gone:?}");
}

pub(crate) async fn are_held_to_their_limits_again(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let look = async || bench.engine.find_container(&spec.name).await.unwrap().unwrap();
    let before = look().await;
    assert!(before.limits.is(&spec.limits), "{:?}", before.limits);
    let more = Limits::new(Bytes::mib(512), Bytes::mib(1024), Millicpus(1000), 200).unwrap();
    let mut events = bench.engine.events(&bench.platform).await.unwrap();
    bench.hands.loosen(&spec.name, &more);
    let event = timeout(Duration::from_secs(20), events.next()).await.unwrap().unwrap().unwrap();
    assert_eq!((event.owner, event.action.as_str()), (spec.owner.clone(), "update"));
    let loosened = look().await;
    assert!(loosened.limits.is(&more) && !loosened.limits.is(&spec.limits), "{:?}", loosened.limits);
    assert_eq!(loosened.restart, None, "no policy of ours");

    bench.engine.set_limits(&id, &spec.limits).await.unwrap();
    bench.engine.set_restart(&id, spec.restart).await.unwrap();
    assert_eq!(look().await, before, "it was not disturbed");
    bench.engine.stop_container(&id, Duration::from_secs(5)).await.unwrap();
    bench.engine.set_limits(&id, &more).await.unwrap();
    assert!(look().await.limits.is(&more), "one that is stopped takes them too");
    bench.engine.remove_container(&id).await.unwrap();
    let gone = bench.engine.set_limits(&id, &more).await;
    assert!(matches!(gone, Err(EngineError::NotFound { .. })), "{gone:?}");
}
