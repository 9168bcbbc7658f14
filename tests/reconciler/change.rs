//! Changing what runs: the new one takes over when it is ready, and the old one serves until then, and after a failure.

use domain::TenantId;
use domain::tenant::{Observed, Operation, RouteProvider, Status};
use platform_tests::fakes::Bench;
use provisioner::container::ContainerName;
use provisioner::container::Phase;
use provisioner::container::fake::{Behaviour, Call, End};
use storage::{DeploymentStatus, Scope, Tenant};

const PROVIDERS: [RouteProvider; 2] = [RouteProvider::File, RouteProvider::Labels];
const OLD: &str = "fresco-sample:4.0.0";
const NEW: &str = "fresco-sample:3.1.2";

/// The app of the new image ends at once.
fn break_the_new(bench: &Bench) {
    let new = bench.add_image(NEW, "3.1.2");
    bench.behave_as(move |spec| {
        let log = || vec!["starting".to_owned(), "Error: no such column".to_owned()];
        let ends = spec.owner.phase == Phase::Serve && spec.image == new;
        ends.then(|| Behaviour { log: log(), ready: false, ..Behaviour::ends(End::with(3)) })
    });
}

async fn given_up(bench: &Bench, id: TenantId, before: &Tenant) -> Tenant {
    let tenant = bench.until(id, "a change that was given up", |tenant| tenant.last_error.is_some()).await;
    let failure = tenant.last_error.as_ref().unwrap();
    assert!(failure.cause.contains("given up") && failure.cause.contains("exit code 3"), "{failure:?}");
    assert_eq!(failure.last_lines.last().unwrap(), "Error: no such column");
    assert_eq!((tenant.status, &tenant.container), (Status::Active, &before.container));
    let serve = tenant.observed.serve.present().unwrap();
    assert!(serve.ready && serve.state.may_run());
    assert_eq!(bench.engine.inventory().containers.len(), 1, "{:?}", bench.engine.inventory());
    tenant
}

#[tokio::test]
async fn a_change_that_does_not_become_ready_leaves_what_was_there_serving() {
    for provider in PROVIDERS {
        let bench = Bench::with(provider, |_| ()).await;
        let turning = bench.turn(bench.parts());
        let id = bench.deploy_image("study", OLD).await;
        let before = bench.settled(id, Status::Active).await;
        break_the_new(&bench);
        bench.update(id, NEW).await;
        given_up(&bench, id, &before).await;
        let deployment = bench.cluster.api.list_deployments(Scope::Operator, id, None, 1).await.unwrap().remove(0);
        assert_eq!(deployment.status, DeploymentStatus::Failed);

        // Not tried again unasked, and looked after like any other.
        let made = bench.engine.calls(Call::CreateContainer);
        bench.cluster.worker.ring(id, storage::Priority::People).await.unwrap();
        bench.until(id, "another look", |tenant| tenant.observed_at > before.observed_at && tenant.is_settled()).await;
        assert_eq!(bench.engine.calls(Call::CreateContainer), made);

        // Back to what serves: nothing to do but to say so.
        bench.update(id, OLD).await;
        let back = bench.settled(id, Status::Active).await;
        assert_eq!((back.container, back.last_error), (before.container, None));
        assert_eq!(bench.engine.calls(Call::CreateContainer), made);
        turning.stop().await;
    }
}

#[tokio::test]
async fn a_change_that_was_given_up_is_tried_again_when_somebody_asks() {
    let bench = Bench::with(RouteProvider::Labels, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", OLD).await;
    let before = bench.settled(id, Status::Active).await;
    break_the_new(&bench);
    bench.update(id, NEW).await;
    given_up(&bench, id, &before).await;

    bench.behave(|_| None);
    bench.wish(id, Operation::Restart).await;
    let after = bench.until(id, "the change", |tenant| tenant.is_settled() && tenant.last_error.is_none()).await;
    assert_ne!(after.container, before.container);
    assert_eq!(after.pinned_image.unwrap().version.unwrap().to_string(), "3.1.2");
    turning.stop().await;
}

#[tokio::test]
async fn people_are_sent_to_the_new_one_before_the_old_one_stops() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", OLD).await;
    let before = bench.settled(id, Status::Active).await;
    let old = before.observed.route.present().unwrap().target.unwrap();
    bench.engine.slow(std::time::Duration::from_millis(20));
    bench.update(id, NEW).await;

    // As long as the old one is the target it runs; when it is not, the new one is ready.
    let mut switched = false;
    let mut looks = 0;
    while !switched {
        let target = bench.routes.inventory()[&id].target;
        let (containers, now) = (bench.engine.inventory().containers, bench.routes.inventory()[&id].target);
        let target = target.expect("there is always somewhere to go");
        switched = target != old;
        if now == Some(target) {
            let goes_to = containers.values().filter(|state| state.address() == Some(target)).count();
            assert_eq!(goes_to, 1, "nobody is at {target}: {containers:?}");
        }
        looks += 1;
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    assert!(looks > 1);
    let after = bench.settled(id, Status::Active).await;
    assert_ne!(after.container, before.container);
    let names: Vec<String> = bench.engine.inventory().containers.into_keys().collect();
    assert_eq!(names, [ContainerName::serve(id).to_string()]);
    turning.stop().await;
}

#[tokio::test]
async fn an_image_released_before_on_the_same_database_is_not_released_again() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", OLD).await;
    bench.settled(id, Status::Active).await;
    for image in [NEW, OLD, NEW] {
        bench.update(id, image).await;
        bench.settled(id, Status::Active).await;
    }
    let releases = bench.cluster.worker.list_releases(Scope::Operator, id, 10).await.unwrap();
    assert_eq!(releases.len(), 2);
    turning.stop().await;
}

#[tokio::test]
async fn a_stop_in_the_middle_of_a_change_leaves_one_container_that_does_not_run() {
    for provider in PROVIDERS {
        let bench = Bench::with(provider, |_| ()).await;
        let turning = bench.turn(bench.parts());
        let id = bench.deploy_image("study", OLD).await;
        bench.settled(id, Status::Active).await;
        bench.behave(|phase| (phase == Phase::Serve).then(|| Behaviour { ready: false, ..Behaviour::default() }));
        bench.update(id, NEW).await;
        bench
            .until(id, "a successor that is waited for", |tenant| {
                tenant.current_step.as_ref().is_some_and(|current| current.step.name() == "await_ready")
            })
            .await;
        bench.wish(id, Operation::Stop).await;
        let stopped = bench.settled(id, Status::Stopped).await;
        assert!(matches!(stopped.observed.successor, Observed::Absent), "{:?}", stopped.observed.successor);
        let containers = bench.engine.inventory().containers;
        assert!(containers.len() == 1 && !containers.values().any(|state| state.may_run()), "{containers:?}");
        bench.behave(|_| None);
        bench.wish(id, Operation::Start).await;
        bench.settled(id, Status::Active).await;
        turning.stop().await;
    }
}
