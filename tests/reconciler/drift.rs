//! What drifts behind the platform's back, and is found by a look or an event.

use std::time::Duration;

use domain::limits::{Limits, Millicpus};
use domain::quantity::Bytes;
use domain::tenant::{Observed, Operation, RouteProvider, Status};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE};
use provisioner::container::fake::{Behaviour, FakeEngine};
use provisioner::container::{ContainerEngine, ContainerName, Phase};
use storage::{Scope, Tenant};

#[tokio::test]
async fn drift_is_not_green_while_it_waits_for_its_turn() {
    let bench = Bench::with(RouteProvider::File, |settings| settings.pace.background_slots = 0).await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    bench.engine.vanish(&ContainerName::serve(id));
    bench.until(id, "not green any more", |tenant| tenant.status != Status::Active).await;
    turning.stop().await;
}

#[tokio::test]
async fn a_container_that_can_never_start_is_replaced() {
    let bench = Bench::start().await;
    bench.behave(|phase| {
        let why = "network 49d81bb44c12 not found".to_owned();
        (phase == Phase::Serve).then(|| Behaviour { cannot_start: Some(why), ..Behaviour::default() })
    });
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let failed = bench.until(id, "a failure", |tenant| tenant.last_error.is_some()).await;
    assert!(failed.last_error.unwrap().cause.contains("not found"));
    assert!(matches!(failed.observed.serve, Observed::Present(_) | Observed::Absent));
    bench.behave(|_| None);
    bench.settled(id, Status::Active).await;
    turning.stop().await;
}

#[tokio::test]
async fn a_container_renamed_behind_our_back_is_replaced_and_goes() {
    for provider in [RouteProvider::File, RouteProvider::Labels] {
        let bench = Bench::with(provider, |_| ()).await;
        let turning = bench.turn(bench.parts());
        let id = bench.deploy("study").await;
        let before = bench.settled(id, Status::Active).await;
        bench.engine.misname(&ContainerName::serve(id), "my-own-name");
        let after = bench
            .until(id, "a new container", |tenant| tenant.is_settled() && tenant.container != before.container)
            .await;
        assert_eq!(after.status, Status::Active);
        eventually("the renamed one to go", DEADLINE, async || {
            let names: Vec<String> = bench.engine.inventory().containers.into_keys().collect();
            (names == [ContainerName::serve(id).to_string()]).then_some(())
        })
        .await;
        turning.stop().await;
    }
}

#[tokio::test]
async fn a_destroy_takes_renamed_containers_along() {
    let bench = Bench::with(RouteProvider::File, |settings| settings.pace.resync = Duration::from_secs(600)).await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    turning.stop().await;
    bench.engine.misname(&ContainerName::serve(id), "my-own-name");
    let turning = bench.turn(bench.parts());
    bench.destroy(id).await;
    bench.settled(id, Status::Destroyed).await;
    assert_eq!(bench.left_over(), Vec::<String>::new());
    turning.stop().await;
}

#[tokio::test]
async fn a_container_that_is_not_in_the_tenants_network_alone_is_replaced() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    for act in [FakeEngine::detach, FakeEngine::attach_elsewhere] {
        let before = bench.settled(id, Status::Active).await;
        act(&bench.engine, &ContainerName::serve(id));
        let is_another = |tenant: &Tenant| tenant.is_settled() && tenant.container != before.container;
        let after = bench.until(id, "a new container", is_another).await;
        assert_eq!(after.status, Status::Active);
    }
    turning.stop().await;
}

/// No list of containers shows it.
#[tokio::test]
async fn an_app_that_hangs_is_not_green_for_long_and_green_again_when_it_answers() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    let name = ContainerName::serve(id);
    bench.engine.hang(&name, true);
    bench.until(id, "not green any more", |tenant| tenant.status != Status::Active).await;
    bench.engine.hang(&name, false);
    let after = bench.settled(id, Status::Active).await;
    assert_eq!(after.container, before.container, "nobody replaces what may only be slow");
    turning.stop().await;
}

/// An engine that starts all containers by itself gives them whichever addresses: nobody may be sent to somebody else's instance.
#[tokio::test]
async fn routes_follow_addresses_that_were_given_to_others() {
    let bench = Bench::with(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let ids = [bench.deploy("one").await, bench.deploy("other").await];
    let mut before = Vec::new();
    for id in ids {
        let tenant = bench.settled(id, Status::Active).await;
        before.push(tenant.observed.serve.present().unwrap().state.address());
    }
    bench.engine.swap_addresses([&ContainerName::serve(ids[0]), &ContainerName::serve(ids[1])]);
    eventually("each at its own again", DEADLINE, async || {
        let routes = bench.routes.inventory();
        (routes[&ids[0]].target == before[1] && routes[&ids[1]].target == before[0]).then_some(())
    })
    .await;
    for (id, made) in ids.into_iter().zip([before[1], before[0]]) {
        let settled = bench.settled(id, Status::Active).await;
        assert_eq!(settled.observed.serve.present().unwrap().state.address(), made);
    }
    turning.stop().await;
}

#[tokio::test]
async fn an_altered_database_is_mended_within_a_period() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    let looks = bench.databases.calls(provisioner::database::Call::Fingerprints);
    eventually("a look at it as it should be", DEADLINE, async || {
        (bench.databases.calls(provisioner::database::Call::Fingerprints) > looks + 1).then_some(())
    })
    .await;
    let mended = bench.databases.calls(provisioner::database::Call::EnsureDatabase);
    bench.databases.drift_database(id);
    eventually("a mended database", DEADLINE, async || {
        (bench.databases.calls(provisioner::database::Call::EnsureDatabase) > mended).then_some(())
    })
    .await;
    assert_eq!(bench.settled(id, Status::Active).await.container, before.container);
    turning.stop().await;
}

/// No list of containers shows it: the engine's event does, and the look that follows.
#[tokio::test]
async fn limits_changed_behind_our_back_are_put_right_and_nobody_is_disturbed() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let name = ContainerName::serve(id);
    let more = Limits::new(Bytes::mib(1024), Bytes::mib(2048), Millicpus(2000), 500).unwrap();
    for (wish, status) in [(None, Status::Active), (Some(Operation::Stop), Status::Stopped)] {
        if let Some(wish) = wish {
            bench.wish(id, wish).await;
        }
        bench.settled(id, status).await;
        let before = bench.engine.find_container(&name).await.unwrap().unwrap();
        bench.engine.loosen(&name, more);
        let mended =
            async || Some(bench.engine.find_container(&name).await.unwrap().unwrap()).filter(|now| *now == before);
        eventually("as it was", DEADLINE, mended).await;
        let after = bench.settled(id, status).await;
        assert_eq!(after.container, Some(before.id));
    }
    let events = bench.cluster.api.list_events(Scope::Operator, id, None, 100).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "restore_limits").count(), 2, "{events:?}");
    turning.stop().await;
}
