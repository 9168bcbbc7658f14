//! Hosts whose clocks are wrong, or are set while the loop turns: leases and due times are the database's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::tenant::Status;
use domain::{Clock, SystemClock};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE};
use provisioner::container::ContainerName;
use provisioner::container::fake::Call;
use provisioner::database::Call as DataCall;
use storage::Scope;

/// The system's clock, set wrong by so many seconds.
#[derive(Debug)]
struct Wrong(AtomicI64);

impl Wrong {
    fn by(seconds: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(seconds)))
    }
}

impl Clock for Wrong {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::seconds(self.0.load(Ordering::Relaxed))
    }
}

const HOUR: i64 = 3600;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_daemons_whose_clocks_differ_by_hours_make_one_of_everything() {
    let bench = Bench::start().await;
    let late = bench.turn_by(Wrong::by(-HOUR), bench.parts());
    let early = bench.turn_by(Wrong::by(HOUR), bench.parts());
    let mut tenants = Vec::new();
    for number in 0..24 {
        tenants.push(bench.deploy(&format!("study-{number}")).await);
    }
    for id in &tenants {
        bench.settled(*id, Status::Active).await;
        assert!(bench.engine.spec(&ContainerName::serve(*id)).is_some());
    }
    assert_eq!(bench.engine.inventory().containers.len(), tenants.len());
    for id in &tenants {
        let releases = bench.cluster.worker.list_releases(Scope::Operator, *id, 10).await.unwrap();
        assert_eq!(releases.len(), 1, "{id} was released once");
    }
    late.stop().await;
    early.stop().await;
    // By a right clock: grace periods are times of day.
    let turning = bench.turn(bench.parts());
    for id in &tenants {
        bench.destroy(*id).await;
    }
    for id in &tenants {
        bench.settled(*id, Status::Destroyed).await;
    }
    assert_eq!(bench.left_over(), Vec::<String>::new());
    turning.stop().await;
}

/// So many looks at all containers go by.
async fn periods(bench: &Bench, count: u64) {
    let lists = bench.engine.calls(Call::ListContainers);
    let gone_by = async || (bench.engine.calls(Call::ListContainers) >= lists + count).then_some(());
    eventually("some periods go by", DEADLINE, gone_by).await;
}

/// One set back would find all it has just looked at due again, one set forward would never come back to any.
#[tokio::test]
async fn a_clock_that_is_set_makes_nothing_due_and_forgets_nothing() {
    let bench = Bench::start().await;
    let clock = Wrong::by(0);
    let turning = bench.turn_by(Arc::clone(&clock) as _, bench.parts());
    for step in [-2 * HOUR, 2 * HOUR] {
        clock.0.store(step, Ordering::Relaxed);
        let id = bench.deploy(if step < 0 { "back" } else { "forward" }).await;
        bench.settled(id, Status::Active).await;
        // What the engine told of the deploy may have arrived after its end, and is worth one more look.
        periods(&bench, 2).await;
        let looks = bench.databases.calls(DataCall::Observe);
        periods(&bench, 4).await;
        assert_eq!(bench.databases.calls(DataCall::Observe), looks, "a settled tenant is left alone");
        bench.engine.vanish(&ContainerName::serve(id));
        eventually("it is made again", DEADLINE, async || {
            bench.engine.spec(&ContainerName::serve(id)).is_some().then_some(())
        })
        .await;
        bench.settled(id, Status::Active).await;
    }
    turning.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_attempt_is_made_again_in_time_whatever_the_clock_says() {
    let bench = Bench::start().await;
    let clock = Wrong::by(6 * HOUR);
    let turning = bench.turn_by(clock, bench.parts());
    bench.engine.down();
    let id = bench.deploy("study").await;
    bench.until(id, "unknown", |tenant| tenant.status == Status::Unknown || tenant.attempt > 0).await;
    bench.engine.heal();
    let healed = std::time::Instant::now();
    bench.settled(id, Status::Active).await;
    assert!(healed.elapsed() < Duration::from_secs(10), "the back-off is the settings', not the clock's");
    turning.stop().await;
}
