//! What instances use, sampled on the fake engine into a real PostgreSQL.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod measure;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::limits::Millicpus;
use domain::quantity::Bytes;
use domain::tenant::{Operation, Status};
use domain::usage::{Hold, Resolution, Sample, Span, Thresholds, Trouble};
use domain::{Clock, SystemClock, TenantId};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE, Turning};
use provisioner::container::fake::{Behaviour, Call, End};
use provisioner::container::{ContainerName, Phase};
use sampler::{Sampler, Settings};
use storage::{Scope, Usage};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const HOUR: Duration = Duration::from_secs(3600);

/// Half of its half core and 64 MiB.
fn busy() -> Behaviour {
    Behaviour { busy: Millicpus(250), memory: Bytes::mib(64), ..Behaviour::default() }
}

/// A deployed tenant that does this, the loop that keeps it, and a sampler that looks every `every`.
struct Sampled {
    bench: Bench,
    tenant: TenantId,
    _turning: Turning,
    stop: CancellationToken,
    sampling: JoinHandle<()>,
}

impl Sampled {
    async fn start(serving: Behaviour, every: Duration) -> Self {
        Self::start_with(serving, every, |_| {}).await
    }

    async fn start_with(serving: Behaviour, every: Duration, change: impl FnOnce(&mut Settings)) -> Self {
        let bench = Bench::start().await;
        bench.behave(move |phase| (phase == Phase::Serve).then(|| serving.clone()));
        let turning = bench.turn(bench.parts());
        let tenant = bench.deploy("owls").await;
        bench.settled(tenant, Status::Active).await;
        let mut settings = Settings {
            platform_id: bench.settings.platform_id.clone(),
            places: None,
            every,
            watched: Duration::from_millis(50),
            kept: [HOUR * 48, HOUR * 48, HOUR * 48, HOUR * 48],
            thresholds: Thresholds {
                above: 0.8,
                below: 0.7,
                hold: Hold { begin: Duration::from_millis(200), end: Duration::from_millis(200) },
                disk_above: 0.9,
                disk_below: 0.85,
            },
            disks: Vec::new(),
        };
        change(&mut settings);
        let (store, engine) = (bench.cluster.worker.clone(), Arc::new(bench.engine.clone()));
        let (sampler, stop) = (Sampler::new(store, engine, settings, Arc::new(SystemClock)), CancellationToken::new());
        let token = stop.clone();
        #[expect(clippy::disallowed_methods, reason = "the test holds the handle and awaits it")]
        let sampling = tokio::spawn(async move { sampler.run(token).await });
        Self { bench, tenant, _turning: turning, stop, sampling }
    }

    async fn usage(&self) -> Usage {
        self.bench.cluster.api.usage_of(Scope::Operator, &[self.tenant]).await.unwrap().remove(0).1
    }

    async fn sample(&self) -> Option<Sample> {
        self.usage().await.sample
    }

    async fn stop(self) {
        self.stop.cancel();
        self.sampling.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_shows_what_each_uses_and_keeps_it() {
    let sampled = Sampled::start(busy(), Duration::from_millis(300)).await;
    let sample = eventually("a sample", DEADLINE, || sampled.sample()).await;
    assert!((0.1..0.4).contains(&sample.cpu), "a quarter of a core, about: {sample:?}");
    assert_eq!((sample.memory, sample.cpu_limit), (64 << 20, Some(0.5)));
    let span = Span { from: SystemClock.now() - TimeDelta::minutes(2), step: Duration::from_secs(15), points: 16 };
    let (api, tenant) = (&sampled.bench.cluster.api, sampled.tenant);
    // A sweep shows what it has found, and then keeps it.
    let points = eventually("a point", DEADLINE, || async {
        let kept = api.usage_points(Scope::Operator, tenant, Resolution::Seconds15, &span).await.unwrap();
        Some(kept).filter(|points| !points.is_empty())
    })
    .await;
    assert!((1..=2).contains(&points.len()), "a point each 15 s, however often it is looked: {points:?}");
    sampled.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_watched_is_sampled_between_the_sweeps() {
    let sampled = Sampled::start(busy(), HOUR).await;
    let until = SystemClock.now() + TimeDelta::minutes(1);
    sampled.bench.cluster.api.watch_usage(Scope::Operator, sampled.tenant, until).await.unwrap();
    let first = eventually("a sample", DEADLINE, || sampled.sample()).await;
    let next =
        eventually("a newer one", DEADLINE, || async { sampled.sample().await.filter(|sample| sample.at > first.at) })
            .await;
    assert!(next.at - first.at < TimeDelta::seconds(5), "{first:?} {next:?}");
    sampled.stop().await;
}

/// Nobody waits for the next sweep, which here is an hour away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_stopped_uses_nothing() {
    let sampled = Sampled::start(busy(), HOUR).await;
    let (bench, tenant) = (&sampled.bench, sampled.tenant);
    let until = SystemClock.now() + TimeDelta::minutes(5);
    bench.cluster.api.watch_usage(Scope::Operator, tenant, until).await.unwrap();
    eventually("a sample", DEADLINE, || sampled.sample()).await;
    bench.wish(tenant, Operation::Stop).await;
    bench.settled(tenant, Status::Stopped).await;
    assert_eq!(sampled.sample().await, None);
    let stopped_at = SystemClock.now();
    // Long enough for a look, which finds that it does not run.
    let looks = bench.engine.calls(Call::Usage);
    eventually("a look", DEADLINE, || async { (bench.engine.calls(Call::Usage) > looks + 1).then_some(()) }).await;
    bench.wish(tenant, Operation::Start).await;
    let next = eventually("a sample again", DEADLINE, || sampled.sample()).await;
    assert!(next.at > stopped_at, "{next:?} is of the time before");
    sampled.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lasts_is_named_and_taken_back() {
    let full = Behaviour { memory: Bytes::mib(500), ..busy() };
    let sampled = Sampled::start(full, Duration::from_millis(50)).await;
    let troubles = eventually("a trouble", DEADLINE, || async {
        Some(sampled.usage().await.troubles).filter(|troubles| !troubles.is_empty())
    })
    .await;
    assert_eq!(troubles.iter().map(|(trouble, _)| *trouble).collect::<Vec<_>>(), [Trouble::MemoryHigh]);
    sampled.stop().await;
}

/// It runs again before anybody looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_ran_out_of_memory_is_named_and_not_for_ever() {
    let sampled = Sampled::start(busy(), Duration::from_millis(50)).await;
    let kinds = || async { sampled.usage().await.troubles.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>() };
    eventually("a sample", DEADLINE, || sampled.sample()).await;
    assert_eq!(kinds().await, []);
    let end = End { oom_killed: true, ..End::with(137) };
    sampled.bench.engine.crash(&ContainerName::serve(sampled.tenant), end);
    eventually("the trouble", DEADLINE, || async { (kinds().await == [Trouble::OutOfMemory]).then_some(()) }).await;
    eventually("its end", DEADLINE, || async { kinds().await.is_empty().then_some(()) }).await;
    sampled.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_the_host_is_a_trouble_of_all() {
    let settings = |settings: &mut Settings| {
        settings.disks = vec!["/".into()];
        settings.thresholds.disk_above = 0.0;
    };
    let sampled = Sampled::start_with(busy(), Duration::from_millis(50), settings).await;
    eventually("the trouble", DEADLINE, || async {
        sampled.usage().await.troubles.iter().any(|(kind, _)| *kind == Trouble::DiskHigh).then_some(())
    })
    .await;
    sampled.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_goes_away_costs_samples_and_not_the_sampler() {
    let sampled = Sampled::start(busy(), Duration::from_millis(50)).await;
    eventually("a sample", DEADLINE, || sampled.sample()).await;
    sampled.bench.engine.down();
    eventually("the old sample is taken away", DEADLINE, || async {
        let asked = sampled.bench.engine.calls(Call::ListContainers);
        (sampled.sample().await.is_none() || asked > 0).then_some(())
    })
    .await;
    let last = sampled.sample().await.map(|sample| sample.at);
    sampled.bench.engine.heal();
    eventually("a sample again", DEADLINE, || async { sampled.sample().await.filter(|sample| Some(sample.at) > last) })
        .await;
    sampled.stop().await;
}
