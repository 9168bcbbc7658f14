//! Going back with the data: all of it, or none of it, whatever happens on the way.

use domain::tenant::{Operation, RouteProvider, Status};
use domain::{Clock, SystemClock, TenantId};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE};
use provisioner::container::fake::{Behaviour, Call, End};
use provisioner::container::{ContainerEngine, ContainerName, Phase};
use provisioner::database::{DumpName, HALF};
use storage::{Scope, Tenant};

/// One that was updated, with data from before and from since.
async fn updated(bench: &Bench, name: &str) -> TenantId {
    let id = bench.deploy(name).await;
    bench.settled(id, Status::Active).await;
    bench.dumps.enter(id, "old");
    bench.update(id, "fresco-sample:3.1.2").await;
    bench.settled(id, Status::Active).await;
    bench.dumps.enter(id, "new");
    id
}

async fn version(bench: &Bench, id: TenantId) -> String {
    let serve = bench.engine.find_container(&ContainerName::serve(id)).await.unwrap().unwrap();
    serve.owner.unwrap().version.unwrap().to_string()
}

fn fails(tenant: &Tenant, words: &str) -> bool {
    tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains(words))
}

#[tokio::test]
async fn who_goes_back_with_the_data_gets_both_and_can_come_forward_again() {
    for provider in [RouteProvider::File, RouteProvider::Labels] {
        let bench = Bench::saving_before_releases(provider, |_| ()).await;
        let turning = bench.turn(bench.parts());
        let id = updated(&bench, "study").await;
        bench.wish(id, Operation::Rollback { restore: true }).await;
        bench.settled(id, Status::Active).await;
        assert_eq!((bench.dumps.data(id).as_str(), version(&bench, id).await.as_str()), ("old", "4.0.0"));

        // What was released on the data that are gone is released anew.
        let releases = bench.engine.calls(Call::WaitContainer);
        bench.update(id, "fresco-sample:3.1.2").await;
        bench.settled(id, Status::Active).await;
        assert_eq!(bench.engine.calls(Call::WaitContainer), releases + 1);
        assert_eq!(bench.cluster.worker.list_releases(Scope::Operator, id, 10).await.unwrap().len(), 3);
        assert_eq!(bench.dumps.inventory()[&id], [2, 3].into());
        turning.stop().await;
    }
}

#[tokio::test]
async fn a_dump_for_a_change_that_came_to_nothing_is_not_taken_for_the_next_ones() {
    let bench = Bench::saving_before_releases(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    bench.dumps.enter(id, "old");
    bench.behave(|phase| (phase == Phase::Release).then(|| Behaviour::ends(End::with(1))));
    bench.update(id, "fresco-sample:3.1.2").await;
    bench.until(id, "its release fails", |tenant| tenant.last_error.is_some()).await;
    assert_eq!(bench.dumps.inventory()[&id], [2].into());
    bench.wish(id, Operation::Cancel).await;
    bench.settled(id, Status::Active).await;

    bench.dumps.enter(id, "since");
    bench.behave(|_| None);
    bench.update(id, "fresco-sample:3.1.2").await;
    bench.settled(id, Status::Active).await;
    bench.dumps.enter(id, "after");
    bench.wish(id, Operation::Rollback { restore: true }).await;
    bench.settled(id, Status::Active).await;
    assert_eq!((bench.dumps.data(id).as_str(), version(&bench, id).await.as_str()), ("since", "4.0.0"));
    turning.stop().await;
}

#[tokio::test]
async fn a_restore_that_is_cut_off_is_made_again() {
    let bench = Bench::saving_before_releases(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = updated(&bench, "study").await;
    bench.dumps.cut_off(2);
    bench.wish(id, Operation::Rollback { restore: true }).await;
    bench.until(id, "what went wrong is told", |tenant| fails(tenant, "could not be brought back")).await;
    bench.settled(id, Status::Active).await;
    assert_eq!((bench.dumps.data(id).as_str(), version(&bench, id).await.as_str()), ("old", "4.0.0"));
    turning.stop().await;
}

#[tokio::test]
async fn a_restore_that_is_given_up_half_way_leaves_what_was_there() {
    let bench = Bench::saving_before_releases(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = updated(&bench, "study").await;
    bench.dumps.cut_off(u32::MAX);
    bench.wish(id, Operation::Rollback { restore: true }).await;
    eventually("half-way", DEADLINE, async || (bench.dumps.data(id) == HALF).then_some(())).await;
    bench.wish(id, Operation::Cancel).await;
    bench.until(id, "nor can it be undone yet", |tenant| tenant.generation == 4 && tenant.attempt > 1).await;
    assert!(!bench.engine.inventory().containers.contains_key(ContainerName::serve(id).as_str()), "nothing runs on it");
    bench.dumps.cut_off(0);
    bench.settled(id, Status::Active).await;
    assert_eq!((bench.dumps.data(id).as_str(), version(&bench, id).await.as_str()), ("new", "3.1.2"));
    turning.stop().await;
}

#[tokio::test]
async fn without_its_dump_nothing_is_taken_down_and_it_is_said_why() {
    let bench = Bench::saving_before_releases(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = updated(&bench, "study").await;
    let before = bench.tenant(id).await.container;
    bench.dumps.lose(id, DumpName::BeforeRelease(2));
    bench.wish(id, Operation::Rollback { restore: true }).await;
    let blocked = bench.until(id, "it is said", |tenant| fails(tenant, "the dump")).await;
    assert!(blocked.container == before && blocked.last_error.unwrap().permanent);
    assert_eq!(bench.dumps.data(id), "new");
    bench.wish(id, Operation::Rollback { restore: false }).await;
    let after = bench.settled(id, Status::Active).await;
    assert_eq!((after.container, bench.dumps.data(id).as_str()), (before, "new"));
    turning.stop().await;
}

#[tokio::test]
async fn one_that_is_stopped_gets_its_data_back_and_stays_stopped() {
    let bench = Bench::saving_before_releases(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = updated(&bench, "study").await;
    bench.wish(id, Operation::Stop).await;
    bench.settled(id, Status::Stopped).await;
    bench.wish(id, Operation::Rollback { restore: true }).await;
    bench.settled(id, Status::Stopped).await;
    assert_eq!(bench.dumps.data(id), "old");
    bench.wish(id, Operation::Start).await;
    bench.settled(id, Status::Active).await;
    assert_eq!((bench.dumps.data(id).as_str(), version(&bench, id).await.as_str()), ("old", "4.0.0"));
    bench.destroy(id).await;
    bench.settled(id, Status::Destroyed).await;
    assert_eq!(bench.left_over(), Vec::<String>::new());
    turning.stop().await;
}

/// Its app has not been set up on the data that come back: whoever came first could make it theirs.
#[tokio::test]
async fn one_that_was_set_up_since_is_closed_again() {
    let bench = Bench::saving_before_releases(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = updated(&bench, "study").await;
    let route = || bench.routes.inventory()[&id].hash.clone();
    let closed = route();
    bench.cluster.worker.mark_set_up(Scope::Operator, id, "set up", SystemClock.now()).await.unwrap();
    eventually("it is open", DEADLINE, async || (route() != closed).then_some(())).await;
    bench.wish(id, Operation::Rollback { restore: true }).await;
    let after = bench.settled(id, Status::Active).await;
    assert!(!after.first_run.is_set_up());
    assert_eq!(route(), closed);
    turning.stop().await;
}
