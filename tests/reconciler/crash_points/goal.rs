//! What is wished for while a daemon dies, and how one knows that it was reached.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use domain::TenantId;
use domain::image::ImageId;
use domain::limits::{Limits, Millicpus};
use domain::quantity::Bytes;
use domain::tenant::{ContainerState, DesiredState, Operation, RouteProvider, Status};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE};
use provisioner::container::fake::{Behaviour, End};
use provisioner::container::{Container, ContainerEngine, ContainerName, ContainerSpec, Phase, Restart};
use storage::{Scope, Tenant};

/// An image whose app ends at once.
pub(super) const BROKEN: &str = "fresco-sample:3.1.1";
/// How long a release takes that is still under way when its owner changes their mind.
const LONG_RELEASE: Duration = Duration::from_millis(400);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Goal {
    Deploy,
    /// Its first release fails, and is tried again.
    DeployAgain,
    /// Another image, while the release of the first still runs: it is waited for.
    ChangeOfMind,
    /// To stop, while the first release ever still runs: it is cut off.
    StopEarly,
    /// Another image, with a dump and a release of its own.
    Update,
    /// Another image, whose app ends at once: what was there before serves again.
    GiveUp,
    /// The same, with the container that served removed behind our back.
    GiveUpAlone,
    /// The image before, with its data.
    Restore,
    /// Its app ends a few times in a row: it is held, started by the platform, and trusted again.
    CalmDown,
    /// Its limits were changed behind our back.
    Tighten,
    /// Its container was renamed behind our back.
    Replace,
    Destroy,
}

impl Goal {
    /// What the containers of its tenants do.
    pub(super) fn script(self, broken: ImageId) -> impl Fn(&ContainerSpec) -> Option<Behaviour> + Send + Sync {
        let starts = Mutex::<HashMap<(TenantId, Phase), usize>>::default();
        move |spec| {
            let (tenant, phase) = (spec.owner.tenant, spec.owner.phase);
            let start = {
                let mut starts = starts.lock().unwrap();
                let start = starts.entry((tenant, phase)).or_default();
                *start += 1;
                *start
            };
            let end = match (self, phase, start) {
                (_, Phase::Serve, _) if spec.image == broken => End::with(3),
                (Self::DeployAgain, Phase::Release, 1) => End::with(1),
                (Self::ChangeOfMind | Self::StopEarly, Phase::Release, 1) => {
                    End { after: LONG_RELEASE, ..End::with(0) }
                }
                (Self::CalmDown, Phase::Serve, 2..=5) => End::with(9),
                _ => return None,
            };
            let ready = phase != Phase::Serve;
            Some(Behaviour { ready, ..Behaviour::ends(end) })
        }
    }

    /// A tenant as it is before the wish.
    pub(super) async fn prepare(self, bench: &Bench, name: &str) -> TenantId {
        // Each run makes all there is to make, the network included.
        bench.engine.drop_network(&bench.settings.network.name);
        let id = bench.deploy(name).await;
        match self {
            Self::Deploy | Self::DeployAgain => {}
            Self::ChangeOfMind | Self::StopEarly => self.until_its_release_runs(bench, id).await,
            Self::Update
            | Self::GiveUp
            | Self::GiveUpAlone
            | Self::Restore
            | Self::CalmDown
            | Self::Tighten
            | Self::Replace
            | Self::Destroy => self.until_it_serves(bench, id).await,
        }
        id
    }

    async fn until_its_release_runs(self, bench: &Bench, id: TenantId) {
        let turning = bench.turn(bench.parts());
        let name = ContainerName::release(id, 1);
        eventually("a release under way", DEADLINE, async || {
            bench.engine.find_container(&name).await.unwrap().filter(|release| release.state.may_run())
        })
        .await;
        turning.kill().await;
    }

    async fn until_it_serves(self, bench: &Bench, id: TenantId) {
        let turning = bench.turn(bench.parts());
        bench.settled(id, Status::Active).await;
        if self == Self::Restore {
            bench.dumps.enter(id, "old");
            bench.update(id, "fresco-sample:3.1.2").await;
            bench.settled(id, Status::Active).await;
            bench.dumps.enter(id, "new");
        }
        turning.stop().await;
        if self == Self::GiveUpAlone {
            bench.engine.vanish(&ContainerName::serve(id));
        }
    }

    pub(super) async fn wish(self, bench: &Bench, id: TenantId) {
        let name = ContainerName::serve(id);
        match self {
            Self::Deploy | Self::DeployAgain => {}
            Self::ChangeOfMind | Self::Update => bench.update(id, "fresco-sample:3.1.2").await,
            Self::StopEarly => bench.wish(id, Operation::Stop).await,
            Self::GiveUp | Self::GiveUpAlone => bench.update(id, BROKEN).await,
            Self::Restore => bench.wish(id, Operation::Rollback { restore: true }).await,
            Self::CalmDown => bench.engine.crash(&name, End::with(9)),
            Self::Tighten => bench.engine.loosen(&name, more()),
            Self::Replace => bench.engine.misname(&name, &format!("my-own-{id}")),
            Self::Destroy => bench.destroy(id).await,
        }
    }

    pub(super) async fn reached(self, bench: &Bench, id: TenantId) {
        match self {
            Self::Destroy => drop(bench.settled(id, Status::Destroyed).await),
            Self::StopEarly => drop(bench.settled(id, Status::Stopped).await),
            Self::GiveUp | Self::GiveUpAlone => drop(bench.until(id, "the change given up", was_given_up).await),
            Self::CalmDown => {
                eventually("a container that is trusted again", DEADLINE, async || {
                    let events = bench.cluster.api.list_events(Scope::Operator, id, None, 100).await.unwrap();
                    events.iter().any(|event| event.kind == "trust_serve").then_some(())
                })
                .await;
                until_as_made(bench, id).await;
            }
            Self::Tighten | Self::Replace => until_as_made(bench, id).await,
            Self::Deploy | Self::DeployAgain | Self::ChangeOfMind | Self::Update | Self::Restore => {
                bench.settled(id, Status::Active).await;
            }
        }
    }

    /// Nothing twice, nothing that nobody asked for.
    pub(super) async fn check(self, bench: &Bench, id: TenantId) {
        let containers = bench.engine.inventory().containers;
        let serve = ContainerName::serve(id).to_string();
        if self == Self::Destroy {
            return;
        }
        if self == Self::StopEarly {
            assert!(containers.iter().all(|(name, state)| *name == serve && !state.may_run()), "{containers:?}");
            return;
        }
        assert_eq!(containers.keys().collect::<Vec<_>>(), [&serve]);
        let data = &bench.databases.inventory()[&id];
        assert!(data.role == Some(1) && data.database.is_some() && data.released, "{data:?}");
        let publishes = bench.settings.platform.routing.provider == RouteProvider::File;
        assert_eq!(bench.routes.inventory()[&id].target.is_some(), publishes);
        let changes_data = matches!(self, Self::Update | Self::GiveUp | Self::GiveUpAlone | Self::Restore);
        let releases = bench.cluster.worker.list_releases(Scope::Operator, id, 10).await.unwrap();
        assert_eq!(releases.len(), if changes_data { 2 } else { 1 }, "{releases:?}");
        assert_eq!(bench.dumps.inventory().contains_key(&id), changes_data);
        if self == Self::Restore {
            assert_eq!(bench.dumps.data(id), "old");
        }
    }

    /// A way there takes more than so many.
    pub(super) fn fewest_calls(self) -> usize {
        if self == Self::StopEarly { 5 } else { 10 }
    }

    /// Of ten of its calls, so many are made in another run too: how often one that crashes is looked at is the clock's.
    pub(super) fn deaths_in_ten(self) -> usize {
        if self == Self::CalmDown { 6 } else { 9 }
    }

    /// Each so many of its calls are a place to die at every day.
    pub(super) const fn stride(self) -> usize {
        match self {
            Self::CalmDown => 10,
            Self::Deploy
            | Self::DeployAgain
            | Self::ChangeOfMind
            | Self::StopEarly
            | Self::Update
            | Self::GiveUp
            | Self::GiveUpAlone
            | Self::Restore
            | Self::Tighten
            | Self::Replace
            | Self::Destroy => 1,
        }
    }

    /// Ends without the tenant, whatever came before.
    pub(super) async fn clean_up(bench: &Bench, id: TenantId) {
        if bench.tenant(id).await.desired_state != DesiredState::Destroyed {
            bench.destroy(id).await;
        }
        let turning = bench.turn(bench.parts());
        bench.settled(id, Status::Destroyed).await;
        turning.stop().await;
        assert_eq!(bench.left_over(), Vec::<String>::new());
    }
}

fn was_given_up(tenant: &Tenant) -> bool {
    let given_up = tenant.last_error.as_ref().is_some_and(|failure| failure.cause.contains("given up"));
    tenant.is_settled() && tenant.status == Status::Active && given_up
}

async fn until_as_made(bench: &Bench, id: TenantId) {
    let as_made = async || is_as_made(bench, id).await.then_some(());
    eventually("a container as it was made", DEADLINE, as_made).await;
    bench.settled(id, Status::Active).await;
}

/// Whether the tenant's one container runs, with its limits, and is the engine's to restart.
async fn is_as_made(bench: &Bench, id: TenantId) -> bool {
    let containers: Vec<String> = bench.engine.inventory().containers.into_keys().collect();
    let serve = bench.engine.find_container(&ContainerName::serve(id)).await.unwrap();
    let as_made = |serve: &Container| {
        serve.restart == Some(Restart::UnlessStopped)
            && serve.limits.memory != Some(more().memory)
            && matches!(serve.state, ContainerState::Running { .. })
    };
    containers == [ContainerName::serve(id).to_string()] && serve.is_some_and(|serve| as_made(&serve))
}

/// Than any tenant here has.
fn more() -> Limits {
    Limits::new(Bytes::mib(1024), Bytes::mib(2048), Millicpus(2000), 500).unwrap()
}
