//! Dies at every call to the world outside, before and after its effect, and starts again: nothing doubled, nothing lost,
//! nothing left over.

use domain::TenantId;
use domain::tenant::{DesiredState, Operation, RouteProvider, Status};
use platform_tests::fakes::Bench;
use platform_tests::mortal::{Moment, Mortal};
use provisioner::container::fake::{Behaviour, End};
use provisioner::container::{ContainerName, Phase};
use storage::Scope;

/// An image whose app ends at once.
const BROKEN: &str = "fresco-sample:3.1.1";
const MOMENTS: [Moment; 2] = [Moment::BeforeEffect, Moment::AfterEffect];

/// The calls of one undisturbed deploy or destroy: each is a place to die at. A busy machine may look more often than it
/// must, which the next run would not; so of some the shortest.
async fn calls(bench: &Bench, goal: Goal) -> Vec<&'static str> {
    let mut shortest = undisturbed(bench, goal, 0).await;
    for run in 1..3 {
        let calls = undisturbed(bench, goal, run).await;
        if calls.len() < shortest.len() {
            shortest = calls;
        }
    }
    shortest
}

async fn undisturbed(bench: &Bench, goal: Goal, run: usize) -> Vec<&'static str> {
    let id = goal.prepare(bench, &format!("undisturbed-{run}")).await;
    let mortal = Mortal::new(bench.parts(), None);
    let turning = bench.turn(mortal.parts());
    goal.wish(bench, id).await;
    goal.reached(bench, id).await;
    turning.stop().await;
    let calls = mortal.made();
    Goal::Destroy.clean_up(bench, id).await;
    calls
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Deploy,
    /// Another image, with a dump and a release of its own.
    Update,
    /// Another image, whose app ends at once: what was there before serves again.
    GiveUp,
    /// The same, with the container that served removed behind our back.
    GiveUpAlone,
    /// The image before, with its data.
    Restore,
    Destroy,
}

impl Goal {
    async fn prepare(self, bench: &Bench, name: &str) -> TenantId {
        // Each run makes all there is to make, the network included.
        bench.engine.drop_network(&bench.settings.network.name);
        let id = bench.deploy(name).await;
        if self != Self::Deploy {
            let turning = bench.turn(bench.parts());
            bench.settled(id, Status::Active).await;
            if self == Self::Restore {
                bench.dumps.enter(id, "old");
                bench.update(id, "fresco-sample:3.1.2").await;
                bench.settled(id, Status::Active).await;
                bench.dumps.enter(id, "new");
            }
            turning.stop().await;
        }
        if self == Self::GiveUpAlone {
            let serving = bench.tenant(id).await.container.unwrap();
            bench.parts().engine.remove_container(&serving).await.unwrap();
        }
        id
    }

    async fn wish(self, bench: &Bench, id: TenantId) {
        match self {
            Self::Deploy => {}
            Self::Update => bench.update(id, "fresco-sample:3.1.2").await,
            Self::GiveUp | Self::GiveUpAlone => bench.update(id, BROKEN).await,
            Self::Restore => bench.wish(id, Operation::Rollback { restore: true }).await,
            Self::Destroy => bench.destroy(id).await,
        }
    }

    async fn reached(self, bench: &Bench, id: TenantId) {
        match self {
            Self::Deploy | Self::Update | Self::Restore => bench.settled(id, Status::Active).await,
            Self::GiveUp | Self::GiveUpAlone => {
                bench
                    .until(id, "the change given up", |tenant| {
                        let given_up =
                            tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains("given up"));
                        tenant.is_settled() && given_up && tenant.status == Status::Active
                    })
                    .await
            }
            Self::Destroy => bench.settled(id, Status::Destroyed).await,
        };
    }

    /// Ends without the tenant, whatever came before.
    async fn clean_up(self, bench: &Bench, id: TenantId) {
        if bench.tenant(id).await.desired_state != DesiredState::Destroyed {
            bench.destroy(id).await;
        }
        let turning = bench.turn(bench.parts());
        bench.settled(id, Status::Destroyed).await;
        turning.stop().await;
        assert_eq!(bench.left_over(), Vec::<String>::new());
    }
}

/// Whether it died there: how often a container is looked at while it is waited for is not the same each time, so the last
/// calls of one run may not be made in another.
async fn dies_at(bench: &Bench, goal: Goal, (number, moment): (usize, Moment)) -> bool {
    let name = format!("{}-{number}", if moment == Moment::BeforeEffect { "before" } else { "after" });
    let id = goal.prepare(bench, &name).await;
    let mortal = Mortal::new(bench.parts(), Some((number, moment)));
    let turning = bench.turn(mortal.parts());
    goal.wish(bench, id).await;
    let died = tokio::select! {
        () = mortal.died() => true,
        () = goal.reached(bench, id) => false,
    };
    turning.kill().await;

    let turning = bench.turn(bench.parts());
    goal.reached(bench, id).await;
    turning.stop().await;
    match goal {
        Goal::Deploy => assert_one_of_everything(bench, id, 1).await,
        Goal::Update | Goal::GiveUp | Goal::GiveUpAlone => assert_one_of_everything(bench, id, 2).await,
        Goal::Restore => {
            assert_one_of_everything(bench, id, 2).await;
            assert_eq!(bench.dumps.data(id), "old");
        }
        Goal::Destroy => {}
    }
    goal.clean_up(bench, id).await;
    died
}

async fn assert_one_of_everything(bench: &Bench, id: TenantId, releases: usize) {
    let containers: Vec<String> = bench.engine.inventory().containers.into_keys().collect();
    assert_eq!(containers, [ContainerName::serve(id).to_string()]);
    let data = &bench.databases.inventory()[&id];
    assert!(data.role == Some(1) && data.database.is_some() && data.released, "{data:?}");
    let publishes = bench.settings.platform.routing.provider == RouteProvider::File;
    assert_eq!(bench.routes.inventory()[&id].target.is_some(), publishes);
    let recorded = bench.cluster.worker.list_releases(Scope::Operator, id, 10).await.unwrap();
    assert_eq!(recorded.len(), releases);
    assert_eq!(bench.dumps.inventory().contains_key(&id), releases > 1);
}

#[expect(clippy::print_stdout, reason = "`scripts/test faults` reads it")]
async fn every_crash_point(goal: Goal, provider: RouteProvider, moments: &[Moment]) {
    let bench = Bench::saving_before_releases(provider).await;
    let broken = bench.add_image(BROKEN, "3.1.1");
    bench.behave_as(move |spec| {
        let ends = spec.owner.phase == Phase::Serve && spec.image == broken;
        ends.then(|| Behaviour { ready: false, ..Behaviour::ends(End::with(3)) })
    });
    let calls = calls(&bench, goal).await;
    assert!(calls.len() > 10, "{calls:?}");
    let mut deaths = 0;
    for number in 0..calls.len() {
        for moment in moments {
            deaths += usize::from(dies_at(&bench, goal, (number, *moment)).await);
        }
    }
    let points = calls.len() * moments.len();
    assert!(deaths * 10 >= points * 9, "it died at {deaths} of {points} calls only");
    // For `scripts/test faults`, which adds up.
    println!(r#"{{"crash_points":{deaths}}}"#);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_survives_death_at_every_call() {
    every_crash_point(Goal::Deploy, RouteProvider::File, &MOMENTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_survives_death_at_every_call() {
    every_crash_point(Goal::Update, RouteProvider::File, &MOMENTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_behind_labels_survives_death_at_every_call() {
    every_crash_point(Goal::Update, RouteProvider::Labels, &MOMENTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_an_update_up_survives_death_before_every_call() {
    every_crash_point(Goal::GiveUp, RouteProvider::Labels, &[Moment::BeforeEffect]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_an_update_up_survives_death_after_every_call() {
    every_crash_point(Goal::GiveUp, RouteProvider::Labels, &[Moment::AfterEffect]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_an_update_up_without_what_served_survives_death_before_every_call() {
    every_crash_point(Goal::GiveUpAlone, RouteProvider::File, &[Moment::BeforeEffect]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_an_update_up_without_what_served_survives_death_after_every_call() {
    every_crash_point(Goal::GiveUpAlone, RouteProvider::File, &[Moment::AfterEffect]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn going_back_with_the_data_survives_death_at_every_call() {
    every_crash_point(Goal::Restore, RouteProvider::File, &MOMENTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destroy_survives_death_at_every_call() {
    every_crash_point(Goal::Destroy, RouteProvider::File, &MOMENTS).await;
}
