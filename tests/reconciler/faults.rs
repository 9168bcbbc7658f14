//! Every call to the world outside fails once, before or after its effect, and answers nothing for a while: the tenant ends
//! where its owner wanted it all the same.

use std::sync::Arc;
use std::time::Duration;

use domain::image::ImageId;
use domain::limits::{Limits, Millicpus};
use domain::quantity::Bytes;
use domain::tenant::{Operation, RouteProvider, Status};
use domain::{Clock as _, SystemClock, TenantId};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE, HASTY};
use provisioner::container::fake::{Behaviour, Call, End, Failure};
use provisioner::container::{ContainerEngine, ContainerName, EngineError, Phase, Restart};
use provisioner::database::{Call as DataCall, DumpCall, Moment};
use provisioner::routing::fake::Call as RouteCall;
use storage::Tenant;

/// One tenant's whole life, with a fault planned anew before each of its wishes.
struct Life<'a> {
    bench: &'a Bench,
    id: TenantId,
    plan: &'a dyn Fn(),
}

/// Everything is made, changed, given up, brought back and removed, whatever fails meanwhile.
async fn whole_life(bench: &Bench, name: &str, plan: &dyn Fn()) {
    bench.engine.drop_network(&bench.settings.network.name);
    let turning = bench.turn(bench.parts());
    // Each fetches images that are not there yet, and reads their versions.
    let [first, next] = ["4.0.0", "3.1.2"].map(|version| {
        let image = format!("fresco-sample:{version}-{name}");
        bench.publish_image(&image, version);
        image
    });
    plan();
    let life = Life { bench, id: bench.deploy_image(name, &first).await, plan };
    life.settles(Status::Active).await;
    life.calms_down().await;
    life.wish(Operation::Stop, Status::Stopped).await;
    life.wish(Operation::Start, Status::Active).await;
    life.is_kept_to_its_limits().await;
    bench.dumps.enter(life.id, "old");
    life.update(&next).await;
    life.settles(Status::Active).await;
    bench.dumps.enter(life.id, "new");
    life.wish(Operation::Rollback { restore: true }, Status::Active).await;
    assert_eq!(bench.dumps.data(life.id), "old", "{name}");
    life.gives_up().await;
    assert_eq!(bench.left_over().len(), 4, "{name}: {:?}", bench.left_over());
    life.wish(Operation::Destroy { after: SystemClock.now() }, Status::Destroyed).await;
    assert_eq!(bench.left_over(), Vec::<String>::new(), "{name}");
    turning.stop().await;
}

impl Life<'_> {
    async fn settles(&self, status: Status) {
        self.bench.settled(self.id, status).await;
    }

    async fn wish(&self, operation: Operation, status: Status) {
        (self.plan)();
        self.bench.wish(self.id, operation).await;
        self.settles(status).await;
    }

    async fn update(&self, image: &str) {
        (self.plan)();
        self.bench.update(self.id, image).await;
    }

    /// Its app ends until it is held; then it is trusted again.
    async fn calms_down(&self) {
        (self.plan)();
        let name = ContainerName::serve(self.id);
        self.bench.behave(|phase| (phase == Phase::Serve).then(|| Behaviour::ends(End::with(9))));
        self.bench.engine.crash(&name, End::with(9));
        let is_held = |tenant: &Tenant| {
            let serve = tenant.observed.serve.present();
            serve.is_some_and(|serve| serve.crashes.held)
        };
        self.bench.until(self.id, "a container that is held", is_held).await;
        well_but(self.bench, self.bench.add_image(BROKEN, "3.1.1"));
        (self.plan)();
        let is_trusted = |tenant: &Tenant| tenant.is_settled() && tenant.status == Status::Active && !is_held(tenant);
        self.bench.until(self.id, "a container that is trusted", is_trusted).await;
    }

    async fn is_kept_to_its_limits(&self) {
        (self.plan)();
        let name = ContainerName::serve(self.id);
        let more = Limits::new(Bytes::mib(1024), Bytes::mib(2048), Millicpus(2000), 500).unwrap();
        self.bench.engine.loosen(&name, more);
        let mended = async || {
            // The fault may be this look's.
            let held = self.bench.engine.find_container(&name).await.ok()??;
            (held.limits.memory != Some(more.memory) && held.restart == Some(Restart::UnlessStopped)).then_some(())
        };
        eventually("limits put right", DEADLINE, mended).await;
    }

    async fn gives_up(&self) {
        self.update(BROKEN).await;
        let was_given_up = |tenant: &Tenant| {
            let given_up = tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains("given up"));
            tenant.is_settled() && tenant.status == Status::Active && given_up
        };
        self.bench.until(self.id, "the change given up", was_given_up).await;
    }
}

/// An image whose app ends at once.
const BROKEN: &str = "fresco-sample:3.1.1";

fn well_but(bench: &Bench, broken: ImageId) {
    bench.behave_as(move |spec| {
        let ends = spec.owner.phase == Phase::Serve && spec.image == broken;
        ends.then(|| Behaviour { ready: false, ..Behaviour::ends(End::with(3)) })
    });
}

/// Behind labels a successor takes a name over; with the file provider a route is switched.
async fn bench(provider: RouteProvider) -> Bench {
    let bench = Bench::saving_before_releases(provider, |settings| {
        settings.platform.crashes = HASTY;
        settings.pace.full_look = HASTY.calm_after;
    })
    .await;
    well_but(&bench, bench.add_image(BROKEN, "3.1.1"));
    bench
}

/// What the loop never calls by itself: at the start of the daemon, for the firewall, the prober, logs and metrics, others do.
const NOT_THE_LOOPS: [Call; 7] = [
    Call::Version,
    Call::ImportImage,
    Call::RemoveOwnImages,
    Call::NetworkAddresses,
    Call::Usage,
    Call::ReadLog,
    Call::RemoveAbandonedReaders,
];

async fn any_engine_call_may_fail(failure: Failure, provider: RouteProvider) {
    let bench = bench(provider).await;
    for (number, call) in Call::ALL.into_iter().filter(|call| !NOT_THE_LOOPS.contains(call)).enumerate() {
        let before = bench.engine.calls(call);
        let plan = || bench.engine.fail(call, failure.clone(), Some(1));
        whole_life(&bench, &format!("engine-{number}"), &plan).await;
        bench.engine.heal();
        assert!(bench.engine.calls(call) > before, "{call:?} was never made, so nothing is shown");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_engine_call_may_fail_before_its_effect() {
    any_engine_call_may_fail(Failure::Before, RouteProvider::File).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_engine_call_may_fail_after_its_effect() {
    any_engine_call_may_fail(Failure::After, RouteProvider::File).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_engine_call_may_fail_behind_labels_after_its_effect() {
    any_engine_call_may_fail(Failure::After, RouteProvider::Labels).await;
}

async fn any_call_for_data_may_fail(moment: Moment) {
    let bench = bench(RouteProvider::File).await;
    let data = [
        DataCall::Observe,
        DataCall::EnsureRole,
        DataCall::EnsureDatabase,
        DataCall::Effect,
        DataCall::DropDatabase,
        DataCall::DropRole,
        DataCall::Fingerprints,
    ];
    for (number, call) in data.into_iter().enumerate() {
        let before = bench.databases.calls(call);
        whole_life(&bench, &format!("data-{number}"), &|| bench.databases.fail(call, moment, 1)).await;
        assert!(bench.databases.calls(call) > before, "{call:?}");
    }
    let dumps =
        [DumpCall::Find, DumpCall::Dump, DumpCall::Save, DumpCall::Restore, DumpCall::Remove, DumpCall::Tenants];
    for (number, call) in dumps.into_iter().enumerate() {
        let before = bench.dumps.calls(call);
        whole_life(&bench, &format!("dumps-{number}"), &|| bench.dumps.fail(call, moment, 1)).await;
        assert!(bench.dumps.calls(call) > before, "{call:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_call_for_data_may_fail_before_its_effect() {
    any_call_for_data_may_fail(Moment::BeforeEffect).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_call_for_data_may_fail_after_its_effect() {
    any_call_for_data_may_fail(Moment::AfterEffect).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_call_for_routes_may_fail_before_or_after_its_effect() {
    let bench = bench(RouteProvider::File).await;
    let calls = [RouteCall::Find, RouteCall::Write, RouteCall::Remove, RouteCall::Tenants, RouteCall::Survey];
    for (number, call) in calls.into_iter().enumerate() {
        for moment in [Moment::BeforeEffect, Moment::AfterEffect] {
            let before = bench.routes.calls(call);
            let name = format!("route-{number}-{}", u8::from(moment == Moment::AfterEffect));
            whole_life(&bench, &name, &|| bench.routes.fail(call, moment, 1)).await;
            assert!(bench.routes.calls(call) > before, "{call:?}");
        }
    }
}

#[tokio::test]
async fn an_engine_that_is_down_makes_unknown_and_not_error_and_nothing_is_touched() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    bench.engine.down();
    bench.cluster.worker.ring(id, storage::Priority::People).await.unwrap();
    let unknown = bench.until(id, "unknown", |tenant| tenant.status == Status::Unknown).await;
    assert!(unknown.last_error.unwrap().cause.contains("the container engine does not answer"));
    bench.engine.heal();
    let after = bench.settled(id, Status::Active).await;
    assert_eq!(after.container, before.container);
    turning.stop().await;
}

#[tokio::test]
async fn a_foreign_container_of_that_name_is_left_alone_and_named() {
    let bench = Bench::start().await;
    let id = bench.deploy("study").await;
    let name = ContainerName::serve(id);
    bench.engine.plant_container(name.as_str(), None);
    let turning = bench.turn(bench.parts());
    let blocked = bench.until(id, "blocked", |tenant| tenant.status == Status::Error).await;
    let failure = blocked.last_error.unwrap();
    assert!(failure.permanent && failure.cause.contains("does not belong to the platform"), "{failure:?}");
    bench.destroy(id).await;
    bench.settled(id, Status::Destroyed).await;
    assert_eq!(bench.left_over(), [name.to_string()], "only the foreign one is left");
    turning.stop().await;
}

#[tokio::test]
async fn a_dying_app_is_reported_with_its_last_words() {
    let bench = Bench::start().await;
    bench.behave(|phase| {
        (phase == Phase::Serve)
            .then(|| Behaviour { log: vec!["Error: out of luck".to_owned()], ..Behaviour::ends(End::with(3)) })
    });
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let failed = bench.until(id, "an error", |tenant| tenant.status == Status::Error).await;
    let failure = failed.last_error.unwrap();
    assert!(failure.cause.contains('3'), "{failure:?}");
    assert!(failure.remedy.unwrap().contains("read the last lines of its log"));

    bench.behave(|phase| (phase == Phase::Serve).then(|| Behaviour::ends(End::with(3))));
    let silent = bench.deploy("silent").await;
    let failed = bench.until(silent, "an error", |tenant| tenant.status == Status::Error).await;
    let failure = failed.last_error.unwrap();
    assert!(failure.last_lines.is_empty() && !failure.remedy.as_ref().unwrap().contains("log"), "{failure:?}");
    bench.destroy(silent).await;
    bench.settled(silent, Status::Destroyed).await;
    bench.destroy(id).await;
    bench.settled(id, Status::Destroyed).await;
    turning.stop().await;
}

/// The engine gives an image's labels and volumes to every container made of it.
#[tokio::test]
async fn an_image_that_speaks_for_the_platform_or_brings_a_disk_is_refused_for_good() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    for (name, labels, volumes, named) in [
        ("thief", &["Traefik.http.routers.evil.rule"][..], &[][..], "`Traefik.http.routers.evil.rule`"),
        ("claimant", &["fresco.tenant"], &[], "`fresco.tenant`"),
        ("hoarder", &["fresco.sample.sha256"], &["/hoard"], "`/hoard`"),
    ] {
        let reference = format!("{name}:4.0.0");
        let image = bench.add_image(&reference, "4.0.0");
        bench.engine.declare(&image, labels, volumes);
        let id = bench.deploy_image(name, &reference).await;
        let refused = bench.until(id, "refused", |tenant| tenant.status == Status::Error).await;
        let failure = refused.last_error.unwrap();
        assert!(failure.permanent && failure.cause.contains(named), "{failure:?}");
        assert_eq!(bench.engine.calls(Call::CreateContainer), 0, "nothing is made of it");
    }
    turning.stop().await;
}

#[tokio::test]
async fn other_labels_and_volumes_in_memory_are_fine_and_a_release_is_never_routed() {
    let bench = Bench::start().await;
    let image = bench.add_image("harmless:4.0.0", "4.0.0");
    bench.engine.declare(&image, &["fresco.sample.sha256", "traefikish"], &["/tmp"]);
    bench.behave(|phase| {
        let end = End { after: Duration::from_secs(1), code: 0, oom_killed: false };
        (phase == Phase::Release).then(|| Behaviour::ends(end))
    });
    let turning = bench.turn(bench.parts());
    let id = bench.deploy_image("harmless", "harmless:4.0.0").await;
    let release = eventually("its release", DEADLINE, async || bench.engine.spec(&ContainerName::release(id, 1))).await;
    assert_eq!(release.labels["traefik.enable"], "false");
    bench.settled(id, Status::Active).await;
    turning.stop().await;
}

/// As a real engine answers while its disk is full: a fault of its own, which may pass.
#[tokio::test]
async fn an_engine_without_space_is_named_takes_nothing_away_and_is_tried_again() {
    let bench = Bench::start().await;
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("serves").await;
    let before = bench.settled(id, Status::Active).await;
    let detail = "write /var/lib/docker/…: no space left on device (status 500)".to_owned();
    let full = Failure::Answer(EngineError::Unavailable { action: "create a container", detail });
    bench.engine.fail(Call::CreateContainer, full, None);
    bench.update(id, "fresco-sample:3.1.2").await;
    let other = bench.deploy("comes").await;
    for tenant in [id, other] {
        let failed = bench.until(tenant, "a failure", |tenant| tenant.attempt > 2 && tenant.last_error.is_some()).await;
        let failure = failed.last_error.unwrap();
        assert!(failure.cause.contains("no space left on device") && !failure.permanent, "{failure:?}");
    }
    let serves = bench.engine.find_container(&ContainerName::serve(id)).await.unwrap().unwrap();
    assert!(Some(&serves.id) == before.container.as_ref() && serves.state.address().is_some(), "{serves:?}");
    assert_eq!(bench.routes.inventory()[&id].target, serves.state.address(), "people are led there all the while");

    bench.engine.heal();
    for tenant in [id, other] {
        bench.settled(tenant, Status::Active).await;
    }
    assert_eq!(bench.engine.inventory().containers.len(), 2);
    turning.stop().await;
}

#[tokio::test]
async fn a_tenant_that_is_stuck_is_named_in_the_log_when_its_cause_changes_and_else_ever_more_rarely() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(log.reopen().unwrap()));
    // The test's runtime has one thread, so this holds for all it does.
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let bench = Bench::with(RouteProvider::File, |settings| {
        settings.pace.unknown_most = Duration::from_millis(10);
        settings.pace.backoff_most = Duration::from_millis(10);
    })
    .await;
    let turning = bench.turn(bench.parts());
    bench.engine.fail(Call::FindContainer, Failure::Before, None);
    let id = bench.deploy("study").await;
    bench.until(id, "many attempts", |tenant| tenant.attempt > 32).await;
    bench.engine.heal();
    bench.engine.fail(Call::CreateContainer, Failure::Before, None);
    bench.until(id, "many more", |tenant| tenant.attempt > 64).await;
    turning.stop().await;

    let log = std::fs::read_to_string(log.path()).unwrap();
    let warned: Vec<&str> =
        log.lines().filter(|line| line.contains("WARN") && line.contains(&id.to_string())).collect();
    let last = warned.last().unwrap();
    assert!(warned.len() <= 10 && last.contains("step failed"), "{}", warned.join("\n"));
}
