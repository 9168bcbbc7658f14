//! Changing what runs: the new one takes over when it is ready, and the old one serves until then, and after a failure.

use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use domain::limits::{Limits, Millicpus};
use domain::quantity::Bytes;
use domain::tenant::{Observed, Operation, RouteProvider, Status};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE};
use provisioner::container::fake::{Behaviour, Call, End, Failure};
use provisioner::container::{ContainerEngine, ContainerName, EngineError, Phase};
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

/// To those of the spec that it was made for: the images have different ones.
#[tokio::test]
async fn what_serves_after_a_change_was_given_up_is_held_to_its_limits() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", OLD).await;
    let before = bench.settled(id, Status::Active).await;
    let name = ContainerName::serve(id);
    let look = async || bench.engine.find_container(&name).await.unwrap().unwrap();
    let made = look().await;
    break_the_new(&bench);
    bench.update(id, NEW).await;
    let told = given_up(&bench, id, &before).await;

    let more = Limits::new(Bytes::mib(1024), Bytes::mib(2048), Millicpus(2000), 500).unwrap();
    bench.engine.loosen(&name, more);
    let mended = async || Some(look().await).filter(|now| *now == made);
    eventually("as it was", DEADLINE, mended).await;
    let at_rest = |tenant: &Tenant| tenant.is_settled() && tenant.observed_at > told.observed_at;
    bench.until(id, "at rest again", at_rest).await;
    given_up(&bench, id, &before).await;
    turning.stop().await;
}

/// Somebody removes the container that serves: before the change, or after it was given up.
#[tokio::test]
async fn what_served_before_a_change_that_can_not_work_comes_back_where_it_is_gone() {
    for provider in PROVIDERS {
        let bench = Bench::with(provider, |_| ()).await;
        let turning = bench.turn(bench.parts());
        let id = bench.deploy_image("study", OLD).await;
        let before = bench.settled(id, Status::Active).await;
        break_the_new(&bench);
        turning.stop().await;
        let parts = bench.parts();
        parts.engine.remove_container(before.container.as_ref().unwrap()).await.unwrap();
        bench.update(id, NEW).await;
        let turning = bench.turn(parts.clone());
        let mut serves = before.container;
        for _ in 0..2 {
            let came_back = bench
                .until(id, "what served before", |tenant| {
                    tenant.last_error.is_some() && tenant.status == Status::Active && tenant.container != serves
                })
                .await;
            let given_up = given_up(&bench, id, &came_back).await;
            let serve = given_up.observed.serve.present().unwrap();
            assert_eq!(serve.version.as_ref().unwrap().to_string(), "4.0.0");
            assert_eq!(bench.routes.inventory()[&id].target.is_some(), provider == RouteProvider::File);
            serves = given_up.container;
            parts.engine.remove_container(serves.as_ref().unwrap()).await.unwrap();
        }
        turning.stop().await;
    }
}

/// Its image can't be had, or its release fails: neither comes as far as to a container that could be given up.
#[tokio::test]
async fn what_served_is_looked_after_while_a_change_of_it_can_not_be_prepared() {
    for (number, image) in ["fresco-sample:9.9.9", NEW].into_iter().enumerate() {
        let bench = Bench::with(PROVIDERS[number], |_| ()).await;
        let new = bench.add_image(NEW, "3.1.2");
        bench.behave_as(move |spec| {
            let fails = spec.owner.phase == Phase::Release && spec.image == new;
            fails.then(|| Behaviour::ends(End::with(3)))
        });
        let turning = bench.turn(bench.parts());
        let id = bench.deploy_image("study", OLD).await;
        let before = bench.settled(id, Status::Active).await;
        bench.update(id, image).await;
        let is_told = |tenant: &Tenant| tenant.last_error.is_some();
        bench.until(id, "a change that can't be prepared", is_told).await;

        bench.wish(id, Operation::Stop).await;
        bench.settled(id, Status::Stopped).await;
        bench.wish(id, Operation::Start).await;
        let serves = |tenant: &Tenant| {
            let serve = tenant.observed.serve.present();
            is_told(tenant) && serve.is_some_and(|serve| serve.ready)
        };
        let started = bench.until(id, "what served, started again", serves).await;
        assert_eq!(started.container, before.container);
        bench.parts().engine.remove_container(before.container.as_ref().unwrap()).await.unwrap();
        // The next attempt may be minutes away.
        bench.cluster.worker.ring(id, storage::Priority::People).await.unwrap();
        let is_another = |tenant: &Tenant| serves(tenant) && tenant.container != before.container;
        let made_anew = bench.until(id, "what served, made again", is_another).await;
        assert_eq!(made_anew.observed.serve.present().unwrap().version.as_ref().unwrap().to_string(), "4.0.0");
        let sent_to = bench.routes.inventory()[&id].target;
        assert_eq!(sent_to.is_some(), PROVIDERS[number] == RouteProvider::File);

        bench.wish(id, Operation::Rollback { restore: false }).await;
        let back = bench.settled(id, Status::Active).await;
        assert!(back.last_error.is_none(), "{back:?}");
        turning.stop().await;
    }
}

/// What a real engine says of a log that a loss of power has broken, and of one that its disk does not give.
fn broken_logs() -> [EngineError; 2] {
    let (action, detail) = ("read a log", "invalid character '\\x00'".to_owned());
    [EngineError::Refused { action, detail: detail.clone() }, EngineError::Unavailable { action, detail }]
}

#[tokio::test]
async fn a_log_that_can_not_be_read_keeps_no_change_from_being_given_up() {
    for (provider, broken) in PROVIDERS.into_iter().zip(broken_logs()) {
        let bench = Bench::with(provider, |_| ()).await;
        let turning = bench.turn(bench.parts());
        let id = bench.deploy_image("study", OLD).await;
        let before = bench.settled(id, Status::Active).await;
        break_the_new(&bench);
        bench.engine.fail(Call::TailLog, Failure::Answer(broken), None);
        bench.update(id, NEW).await;
        let is_over = |tenant: &Tenant| tenant.rejected.is_some() && tenant.status == Status::Active;
        let over = bench.until(id, "a change that was given up", is_over).await;
        assert!(bench.engine.calls(Call::TailLog) > 0, "nothing is shown");
        let failure = over.last_error.as_ref().unwrap();
        assert!(failure.cause.contains("given up") && failure.last_lines.is_empty(), "{failure:?}");
        assert_eq!(over.container, before.container);
        assert!(over.observed.serve.present().unwrap().state.may_run(), "{over:?}");
        turning.stop().await;
    }
}

#[tokio::test]
async fn a_release_goes_though_its_log_can_not_be_read() {
    for broken in broken_logs() {
        let bench = Bench::start().await;
        bench.behave(|phase| (phase == Phase::Release).then(|| Behaviour::ends(End::with(3))));
        bench.engine.fail(Call::TailLog, Failure::Answer(broken), None);
        let turning = bench.turn(bench.parts());
        let id = bench.deploy_image("study", NEW).await;
        let is_told = |tenant: &Tenant| {
            tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains("preparing the database failed"))
        };
        let told = bench.until(id, "a release that failed", is_told).await;
        assert!(told.last_error.unwrap().last_lines.is_empty());
        bench.behave(|_| None);
        bench.settled(id, Status::Active).await;
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
    bench.engine.slow(Duration::from_millis(20));
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
        tokio::time::sleep(Duration::from_millis(2)).await;
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

/// The new app ends because PostgreSQL is away, which is nothing against the change.
#[tokio::test]
async fn a_change_is_not_given_up_for_an_outage_of_postgresql() {
    for provider in PROVIDERS {
        let bench = Bench::with(provider, |_| ()).await;
        let turning = bench.turn(bench.parts());
        let id = bench.deploy_image("study", OLD).await;
        bench.settled(id, Status::Active).await;
        let (new, databases) = (bench.add_image(NEW, "3.1.2"), Arc::clone(&bench.databases));
        bench.behave_as(move |spec| {
            let is_new = spec.owner.phase == Phase::Serve && spec.image == new;
            is_new.then(|| {
                databases.set_down(true);
                Behaviour { ready: false, ..Behaviour::ends(End::with(3)) }
            })
        });
        bench.update(id, NEW).await;
        let waits = |tenant: &Tenant| {
            tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains("PostgreSQL does not answer"))
        };
        let waiting = bench.until(id, "PostgreSQL is waited for", waits).await;
        assert!(waiting.rejected.is_none() && matches!(waiting.observed.successor, Observed::Absent), "{waiting:?}");
        bench.behave(|_| None);
        bench.databases.set_down(false);
        let changed = bench.settled(id, Status::Active).await;
        assert_eq!(changed.observed.serve.present().unwrap().version.as_ref().unwrap().to_string(), "3.1.2");
        turning.stop().await;
    }
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

/// With minutes until the next attempt: whoever waits for what they have asked for would wait that long.
async fn in_no_hurry() -> Bench {
    Bench::with(RouteProvider::File, |settings| {
        (settings.pace.backoff_first, settings.pace.backoff_most) = (PATIENT, PATIENT);
    })
    .await
}

const PATIENT: Duration = Duration::from_secs(600);

async fn until_step(bench: &Bench, id: TenantId, name: &str) {
    let is_at = |tenant: &Tenant| tenant.current_step.as_ref().is_some_and(|current| current.step.name() == name);
    bench.until(id, name, is_at).await;
}

#[tokio::test]
async fn a_stop_asked_for_while_a_change_fails_is_not_left_for_the_next_attempt() {
    let bench = in_no_hurry().await;
    let new = bench.add_image(NEW, "3.1.2");
    bench.behave_as(move |spec| {
        let fails = spec.owner.phase == Phase::Release && spec.image == new;
        fails.then(|| Behaviour::ends(End::with(3)))
    });
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", OLD).await;
    bench.settled(id, Status::Active).await;
    // The step that fails takes so long that the stop comes meanwhile.
    bench.engine.slow(Duration::from_millis(400));
    bench.update(id, NEW).await;
    until_step(&bench, id, "fail_release").await;
    bench.wish(id, Operation::Stop).await;
    bench.settled(id, Status::Stopped).await;
    turning.stop().await;
}

#[tokio::test]
async fn a_stop_asked_for_while_what_served_comes_back_is_not_left_for_the_next_attempt() {
    let bench = in_no_hurry().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", OLD).await;
    let before = bench.settled(id, Status::Active).await;
    bench.wish(id, Operation::Stop).await;
    bench.settled(id, Status::Stopped).await;
    bench.update(id, "fresco-sample:9.9.9").await;
    bench.behave(|phase| (phase == Phase::Serve).then(|| Behaviour { ready: false, ..Behaviour::default() }));
    bench.wish(id, Operation::Start).await;
    until_step(&bench, id, "await_ready").await;
    bench.wish(id, Operation::Stop).await;
    let stopped = bench.settled(id, Status::Stopped).await;
    assert_eq!(stopped.container, before.container);
    turning.stop().await;
}
