//! The fake on the bench, and what only it can do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::SystemClock;
use domain::image::ImageReference;
use domain::limits::Limits;
use domain::log::LogStream;
use futures_util::{FutureExt, StreamExt};
use provisioner::container::fake::{Behaviour, Call, Failure, FakeEngine};
use provisioner::container::{
    ContainerEngine, ContainerName, EngineError, LogRange, NetworkName, NetworkSpec, Phase, PlatformId,
};

use crate::bench::{Bench, Connecting, Hands};
use crate::program::{Program, STRANGER};

#[derive(Debug)]
pub(crate) struct Puppet(FakeEngine);

impl Puppet {
    pub(crate) fn bench() -> Bench {
        Self::with_strings().0
    }

    fn with_strings() -> (Bench, FakeEngine) {
        let platform = PlatformId::parse("contract").unwrap();
        let engine = FakeEngine::new(platform.clone(), Arc::new(SystemClock));
        engine.script(|spec| {
            let stranger = spec.user.as_deref() == Some(STRANGER);
            let cannot_start = stranger.then(|| "no such user".to_owned());
            Behaviour { cannot_start, ..Program::behaviour(spec.command.as_ref()) }
        });
        let reference = ImageReference::parse("contract:1").unwrap();
        let image = engine.add_image(&reference);
        engine.put_file(&image, "/app/package.json", b"{}");
        engine.put_file(&image, "/app/large", &[0; 4096]);
        engine.declare(&image, &["contract.image"], &["/data"]);
        let name = NetworkName::parse("contract").unwrap();
        let network = NetworkSpec { name, subnet: "10.201.0.0/24".to_owned(), interface: "fr-contract".to_owned() };
        let hands = Box::new(Self(engine.clone()));
        (Bench { engine: Arc::new(engine.clone()), platform, image, reference, network, hands }, engine)
    }
}

impl Hands for Puppet {
    fn pause(&self, container: &ContainerName) {
        self.0.pause(container);
    }

    fn loosen(&self, container: &ContainerName, limits: &Limits) {
        self.0.loosen(container, *limits);
    }

    fn put_elsewhere(&self, container: &ContainerName) {
        self.0.attach_elsewhere(container);
    }

    fn plant_container(&self, name: &ContainerName) {
        self.0.plant_container(name.as_str(), None);
    }

    fn plant_network(&self, spec: &NetworkSpec) {
        self.0.ensure_network(spec).now_or_never().unwrap().unwrap();
        self.0.break_network(&spec.name);
    }

    fn drop_network(&self, name: &NetworkName) {
        self.0.drop_network(name);
    }

    fn abandon_reader(&self, name: &str) {
        self.0.abandon_reader(name);
    }

    fn reconnect_impatiently(&self) -> Connecting<'_> {
        self.reconnect()
    }

    fn reconnect(&self) -> Connecting<'_> {
        let engine: Arc<dyn ContainerEngine> = Arc::new(self.0.clone());
        Box::pin(async move { engine })
    }

    fn count_networks(&self, name: &NetworkName) -> usize {
        self.0.inventory().networks.iter().filter(|there| *there == name.as_str()).count()
    }

    fn count_containers(&self) -> usize {
        self.0.inventory().containers.len()
    }
}

#[tokio::test]
async fn a_failure_before_leaves_nothing_and_one_after_leaves_its_effect() {
    let (bench, engine) = Puppet::with_strings();
    engine.ensure_network(&bench.network).await.unwrap();
    let spec = bench.spec(Phase::Serve, Program::Sleeps);
    engine.fail(Call::CreateContainer, Failure::Before, Some(1));
    assert!(matches!(engine.create_container(&spec).await, Err(EngineError::Unavailable { .. })));
    assert!(engine.inventory().containers.is_empty());
    engine.fail(Call::CreateContainer, Failure::After, Some(1));
    assert!(matches!(engine.create_container(&spec).await, Err(EngineError::Unavailable { .. })));
    assert_eq!(engine.inventory().containers.len(), 1);
    assert!(matches!(engine.create_container(&spec).await, Err(EngineError::Conflict { .. })));
    assert_eq!(engine.calls(Call::CreateContainer), 3);
}

#[tokio::test]
async fn failures_last_as_long_as_planned() {
    let (_bench, engine) = Puppet::with_strings();
    engine.fail(Call::Version, Failure::Before, Some(2));
    let answers = [engine.version().await, engine.version().await, engine.version().await];
    assert_eq!(answers.map(|answer| answer.is_ok()), [false, false, true]);
    engine.fail(Call::Version, Failure::Hang, None);
    let patience = Duration::from_millis(20);
    assert!(tokio::time::timeout(patience, engine.version()).await.is_err());
    engine.heal();
    assert!(engine.version().await.is_ok());
}

#[tokio::test]
async fn an_engine_that_is_down_answers_nothing_and_ends_its_streams_and_waits() {
    let (bench, engine) = Puppet::with_strings();
    let (_spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let mut events = engine.events(&bench.platform).await.unwrap();
    let waiting = engine.clone();
    let wait = async { waiting.wait_container(&id).await };
    let (exit, ()) = tokio::join!(wait, async { engine.down() });
    assert!(matches!(exit, Err(EngineError::Unavailable { .. })));
    assert!(matches!(events.next().await, Some(Err(EngineError::Unavailable { .. }))));
    assert!(events.next().await.is_none());
    assert!(matches!(engine.list_containers(&bench.platform).await, Err(EngineError::Unavailable { .. })));
    engine.heal();
    assert_eq!(engine.list_containers(&bench.platform).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_log_that_is_cut_or_rotated_goes_on_where_it_is() {
    let (bench, engine) = Puppet::with_strings();
    let (spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let follow = LogRange { since: None, follow: true, tail: None };
    let mut pieces = engine.read_log(&id, follow).await.unwrap();
    assert_eq!(engine.logs_read(), 1);
    engine.say(&spec.name, LogStream::Stderr, "one");
    assert_eq!(&*pieces.next().await.unwrap().unwrap()[0].text, b"one");
    engine.cut_streams();
    assert!(matches!(pieces.next().await, Some(Err(EngineError::Unavailable { .. }))));
    engine.say(&spec.name, LogStream::Stdout, "two");
    engine.rotate_log(&spec.name, 1);
    let mut pieces = engine.read_log(&id, follow).await.unwrap();
    assert_eq!(&*pieces.next().await.unwrap().unwrap()[0].text, b"two");
    drop(pieces);
    assert_eq!(engine.logs_read(), 0);
}

#[tokio::test]
async fn a_hundred_thousand_containers_are_no_trouble() {
    let (bench, engine) = Puppet::with_strings();
    engine.ensure_network(&bench.network).await.unwrap();
    let began = Instant::now();
    for _ in 0..100_000 {
        engine.create_container(&bench.spec(Phase::Serve, Program::Sleeps)).await.unwrap();
    }
    assert_eq!(engine.list_containers(&bench.platform).await.unwrap().len(), 100_000);
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
