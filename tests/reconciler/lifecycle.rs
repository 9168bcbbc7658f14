//! Deploying, changing one's mind, destroying, and what fails on the way.

use std::sync::Arc;
use std::time::Duration;

use domain::app::Catalogue;
use domain::tenant::{ConditionKind, Observed, Operation, RouteProvider, Status, Truth};
use domain::{Clock, SystemClock, SystemEntropy, TenantId};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE};
use provisioner::container::fake::{Behaviour, Call, End, Failure};
use provisioner::container::{ContainerName, Phase};
use storage::{Scope, Tenant};

#[tokio::test]
async fn a_deploy_ends_active_with_one_of_everything_and_a_destroy_with_nothing() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;

    let tenant = bench.settled(id, Status::Active).await;
    assert_eq!(bench.left_over().len(), 3, "{:?}", bench.left_over());
    assert!(tenant.conditions.iter().all(|condition| condition.holds == Truth::True), "{:?}", tenant.conditions);
    assert_eq!(tenant.pinned_image.unwrap().version.unwrap().to_string(), "4.0.0");
    assert!(tenant.last_deployed_at.is_some() && tenant.container.is_some());
    let events = bench.cluster.api.list_events(Scope::Operator, id, None, 100).await.unwrap();
    let steps: Vec<&str> = events.iter().map(|event| event.message.as_str()).collect();
    for said in ["Fetching the application", "Creating the database", "Preparing the database", "It runs and answers"] {
        assert!(steps.contains(&said), "{said} is missing in {steps:?}");
    }

    bench.destroy(id).await;
    let tombstone = bench.settled(id, Status::Destroyed).await;
    assert!(tombstone.destroyed_at.is_some());
    let events = bench.cluster.api.list_events(Scope::Operator, id, None, 100).await.unwrap();
    let begun = events.iter().filter(|event| event.kind == "begin_removal").count();
    assert_eq!((begun, events.iter().filter(|event| event.kind == "failed").count()), (1, 0), "{events:?}");
    assert_eq!(bench.left_over(), Vec::<String>::new());
    bench.deploy("study").await;
    turning.stop().await;
}

#[tokio::test]
async fn a_converged_tenant_costs_nothing() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;

    let before = (bench.engine.calls(Call::FindContainer), bench.tenant(id).await.observed_at);
    let looks = bench.engine.calls(Call::ListContainers);
    eventually("two looks at all containers", DEADLINE, async || {
        (bench.engine.calls(Call::ListContainers) >= looks + 3).then_some(())
    })
    .await;
    assert_eq!((bench.engine.calls(Call::FindContainer), bench.tenant(id).await.observed_at), before);
    turning.stop().await;
}

#[tokio::test]
async fn stop_and_start_keep_container_and_database() {
    let bench = Bench::with(RouteProvider::Labels, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let active = bench.settled(id, Status::Active).await;
    let releases = bench.engine.calls(Call::WaitContainer);

    bench.wish(id, Operation::Stop).await;
    let stopped = bench.settled(id, Status::Stopped).await;
    assert_eq!(stopped.container, active.container);
    assert!(stopped.observed.with_shared_parts(None).is_some(), "images and network are no matter of a stopped one's");
    bench.wish(id, Operation::Start).await;
    let started = bench.settled(id, Status::Active).await;
    assert_eq!(started.container, active.container);
    assert_eq!(started.observed.database, active.observed.database);
    assert_eq!(bench.engine.calls(Call::WaitContainer), releases, "the release ran again");
    turning.stop().await;
}

#[tokio::test]
async fn a_container_that_vanishes_is_replaced_and_its_database_kept() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    bench.engine.vanish(&ContainerName::serve(id));
    let after =
        bench.until(id, "a new container", |tenant| tenant.is_settled() && tenant.container != before.container).await;
    assert_eq!(after.status, Status::Active);
    assert_eq!(after.observed.database, before.observed.database);
    turning.stop().await;
}

#[tokio::test]
async fn a_changed_mind_cuts_a_wait_short() {
    let bench = Bench::start().await;
    bench.behave(|phase| (phase == Phase::Serve).then(|| Behaviour { ready: false, ..Behaviour::default() }));
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench
        .until(id, "waiting for readiness", |tenant| {
            tenant.current_step.as_ref().is_some_and(|current| current.step.name() == "await_ready")
        })
        .await;
    bench.destroy(id).await;
    // The app has 30 s to become ready; nobody waits for them.
    let destroyed = tokio::time::timeout(Duration::from_secs(5), bench.settled(id, Status::Destroyed)).await;
    assert!(destroyed.is_ok(), "{:?}", bench.tenant(id).await);
    assert_eq!(bench.left_over(), Vec::<String>::new());
    turning.stop().await;
}

#[tokio::test]
async fn a_pull_that_hangs_is_left_by_whoever_changes_their_mind() {
    let bench = Bench::start().await;
    bench.engine.fail(Call::PullImage, Failure::Hang, None);
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", "fresco-sample:9.9.9").await;
    eventually("it is fetched", DEADLINE, async || (bench.engine.calls(Call::PullImage) == 1).then_some(())).await;
    bench.wish(id, Operation::Cancel).await;
    let stopped = tokio::time::timeout(Duration::from_secs(5), bench.settled(id, Status::Stopped)).await;
    assert!(stopped.is_ok(), "{:?}", bench.tenant(id).await);
    turning.stop().await;
}

#[tokio::test]
async fn a_first_release_is_stopped_when_nobody_wants_the_instance_any_more() {
    let later = Operation::Destroy { after: SystemClock.now() + Duration::from_secs(3600) };
    for (wish, status) in
        [(Operation::Cancel, Status::Stopped), (Operation::Stop, Status::Stopped), (later, Status::Destroying)]
    {
        let bench = Bench::start().await;
        bench.behave(|phase| (phase == Phase::Release).then(Behaviour::default));
        let turning = bench.turn(bench.parts());
        let id = bench.deploy("study").await;
        let is_at_it = |tenant: &Tenant| {
            tenant.current_step.as_ref().is_some_and(|current| current.step.name() == "await_release")
        };
        bench.until(id, "its database is prepared", is_at_it).await;
        bench.wish(id, wish).await;
        bench.until(id, "it is left", |tenant| tenant.status == status && tenant.current_step.is_none()).await;
        assert!(!bench.engine.inventory().containers.contains_key(&ContainerName::release(id, 1).to_string()));
        turning.stop().await;
    }
}

/// The app can't log in any more and so never gets ready; nothing but a login tells.
#[tokio::test]
async fn a_password_that_the_tenant_has_changed_is_set_again_when_its_app_fails() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    assert_eq!(bench.databases.calls(provisioner::database::Call::Admits), 0, "nothing fails");
    bench.databases.change_password(id);
    // It stays so, however late somebody looks.
    bench.behave(|phase| (phase == Phase::Serve).then(|| Behaviour { ready: false, ..Behaviour::default() }));
    bench.engine.crash(&ContainerName::serve(id), End::with(1));
    eventually("it is set again", DEADLINE, async || (!bench.databases.is_locked(id)).then_some(())).await;
    turning.stop().await;
}

#[tokio::test]
async fn a_lost_database_is_reported_and_not_made_anew() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let tenant = bench.settled(id, Status::Active).await;
    let isolation = domain::app::Isolation::Database;
    provisioner::database::TenantDatabase::drop_database(&*bench.databases, id, isolation).await.unwrap();
    bench.cluster.worker.ring(id, storage::Priority::People).await.unwrap();
    let blocked = bench.until(id, "an error", |tenant| tenant.status == Status::Error).await;
    let failure = blocked.last_error.unwrap();
    assert!(failure.permanent && failure.cause.contains("database is gone"), "{failure:?}");
    assert_eq!(blocked.container, tenant.container, "the container is left as it is");
    assert!(bench.databases.inventory()[&id].database.is_none());
    turning.stop().await;
}

#[tokio::test]
async fn a_failing_release_says_why_and_is_tried_again() {
    let bench = Bench::start().await;
    let lines = || vec!["migrating".to_owned(), "Error: the table is locked".to_owned()];
    bench.behave(move |phase| {
        (phase == Phase::Release).then(|| Behaviour { log: lines(), ..Behaviour::ends(End::with(1)) })
    });
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let failed = bench.until(id, "an error", |tenant| tenant.status == Status::Error).await;
    let failure = failed.last_error.unwrap();
    assert!(failure.cause.contains("exit code 1") && !failure.permanent, "{failure:?}");
    assert_eq!(failure.last_lines.last().unwrap(), "Error: the table is locked");

    bench.behave(|_| None);
    let active = bench.settled(id, Status::Active).await;
    assert!(active.last_error.is_none());
    assert!(matches!(active.observed.release, Observed::Absent));
    turning.stop().await;
}

#[tokio::test]
async fn a_release_without_effect_is_not_believed() {
    let bench = Bench::start().await;
    bench.engine.script(Behaviour::usual);
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let failed = bench.until(id, "a failure", |tenant| tenant.last_error.is_some()).await;
    assert!(failed.last_error.as_ref().unwrap().cause.contains("does not show it"));
    let released = |tenant: &Tenant| {
        tenant
            .conditions
            .iter()
            .any(|condition| condition.kind == ConditionKind::Released && condition.holds == Truth::True)
    };
    assert!(!released(&failed));
    turning.stop().await;
}

#[tokio::test]
async fn an_image_nobody_has_is_a_final_answer() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("study", "nobody/has-this:1").await;
    let failed = bench.until(id, "a failure", |tenant| tenant.last_error.is_some()).await;
    let failure = failed.last_error.unwrap();
    assert!(failure.permanent && failure.cause.contains("nobody/has-this:1"), "{failure:?}");
    assert_eq!(bench.left_over(), Vec::<String>::new(), "nothing is made before the image is known");
    turning.stop().await;
}

#[tokio::test]
async fn an_image_that_does_not_tell_its_version_is_run_and_people_read_why() {
    let bench = Bench::start().await;
    bench.add_image("fresco-sample:odd", "latest");
    let turning = bench.turn(bench.parts());
    // The second finds what was read for the first.
    for name in ["first", "second"] {
        let id = bench.deploy_image(name, "fresco-sample:odd").await;
        bench.settled(id, Status::Active).await;
        let events = bench.cluster.api.list_events(Scope::Operator, id, None, 100).await.unwrap();
        let told = events.iter().any(|event| {
            event.kind == "ensure_image" && event.message.contains("version") && event.message.contains("`latest`")
        });
        assert!(told, "{events:?}");
    }
    turning.stop().await;
}

#[tokio::test]
async fn another_image_is_released_once_and_the_data_saved_before_if_the_manifest_asks() {
    let bench = Bench::saving_before_releases(RouteProvider::File, |_| ()).await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    assert!(bench.dumps.inventory().is_empty(), "there was nothing to save before the first release");

    bench.update(id, "fresco-sample:3.1.2").await;
    let after = bench.settled(id, Status::Active).await;
    assert_eq!(bench.dumps.inventory()[&id], [2].into());
    assert_ne!(after.container, before.container);
    assert_eq!(after.observed.database, before.observed.database);
    let releases = bench.cluster.worker.list_releases(Scope::Operator, id, 10).await.unwrap();
    assert_eq!(releases.len(), 2);

    bench.destroy(id).await;
    bench.settled(id, Status::Destroyed).await;
    assert_eq!(bench.left_over(), Vec::<String>::new());
    turning.stop().await;
}

#[tokio::test]
async fn who_changes_their_mind_from_stop_to_start_is_not_kept_waiting() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    for _ in 0..5 {
        bench.wish(id, Operation::Stop).await;
        bench.wish(id, Operation::Start).await;
    }
    let tenant = bench.settled(id, Status::Active).await;
    assert_eq!(tenant.generation, 11);
    turning.stop().await;
}

#[tokio::test]
async fn what_can_be_destroyed_does_not_depend_on_its_manifest_or_its_secrets() {
    let mut bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    turning.stop().await;

    let (app, gone) = ("name = \"sample\"", "name = \"another\"");
    let manifest = include_str!("../../crates/domain/manifests/sample.toml").replace(app, gone);
    bench.settings.catalogue = Catalogue::only([("another.toml".to_owned(), manifest)]).unwrap();
    bench.forget_keys();
    let turning = bench.turn(bench.parts());
    bench.destroy(id).await;
    bench.settled(id, Status::Destroyed).await;
    assert_eq!(bench.left_over(), Vec::<String>::new());
    turning.stop().await;
}

#[tokio::test]
async fn a_log_with_bytes_that_no_database_takes_is_kept_all_the_same() {
    let bench = Bench::start().await;
    bench.behave(|phase| {
        (phase == Phase::Release).then(|| Behaviour { log: vec!["no\0pe".to_owned()], ..Behaviour::ends(End::with(1)) })
    });
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let failed = bench.until(id, "a failure", |tenant| tenant.last_error.is_some()).await;
    assert_eq!(failed.last_error.unwrap().last_lines, ["no\u{fffd}pe"]);
    turning.stop().await;
}

/// Whoever reads an image's version may die of it; nobody may ever read one again.
#[tokio::test]
async fn what_is_left_of_reading_an_image_is_removed_at_the_start_and_now_and_then() {
    let bench = Bench::with(RouteProvider::File, |settings| settings.pace.orphans = Duration::from_millis(200)).await;
    bench.engine.abandon_reader("left-before");
    bench.engine.plant_container("somebody-elses", None);
    let turning = bench.turn(bench.parts());
    let gone = async |left| {
        let look = async || (!bench.engine.inventory().containers.contains_key(left)).then_some(());
        eventually(left, DEADLINE, look).await;
    };
    gone("left-before").await;
    bench.engine.abandon_reader("left-meanwhile");
    gone("left-meanwhile").await;
    assert!(bench.engine.inventory().containers.contains_key("somebody-elses"));
    turning.stop().await;
}

/// After a restore of an older database of the platform's, they may be all that somebody has left.
#[tokio::test]
async fn dumps_of_nobody_are_named_in_the_log_and_left_alone() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(log.reopen().unwrap()));
    // The test's runtime has one thread, so this holds for all it does.
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let bench = Bench::with(RouteProvider::File, |settings| settings.pace.orphans = Duration::from_millis(50)).await;
    let nobody = TenantId::generate(SystemClock.now(), &SystemEntropy);
    bench.dumps.plant(nobody);
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.dumps.plant(id);
    bench.settled(id, Status::Active).await;
    let lines = || {
        let log = std::fs::read_to_string(log.path()).unwrap();
        log.lines().filter(|line| line.contains("what=\"dumps\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    let told = eventually("it is told", DEADLINE, async || Some(lines()).filter(|lines| !lines.is_empty())).await;
    turning.stop().await;
    assert!(told.len() == 1 && told[0].contains(&nobody.to_string()), "{told:?}");
    assert!(bench.dumps.inventory().contains_key(&nobody));
}
