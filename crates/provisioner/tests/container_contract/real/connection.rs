//! What an engine's silence, absence and death look like.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::quantity::Bytes;
use domain::tenant::ContainerId;
use futures_util::StreamExt;
use provisioner::container::docker::{DockerEngine, DockerOptions};
use provisioner::container::{ContainerEngine, EngineError, Phase, PlatformId};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::SOCKET;
use crate::bench::{Bench, eventually};
use crate::program::Program;

/// An engine's socket that a test can make fall silent, or cut.
struct Relay {
    _folder: tempfile::TempDir,
    socket: PathBuf,
    connections: JoinSet<()>,
    /// How many there have been.
    accepted: Arc<AtomicUsize>,
}

impl Relay {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let mut relay = Self { _folder: folder, socket, connections: JoinSet::new(), accepted: Arc::default() };
        relay.listen(Some(Path::new(SOCKET)));
        relay
    }

    /// Passes connections on, or takes them and says nothing.
    fn listen(&mut self, target: Option<&'static Path>) {
        let listener = UnixListener::bind(&self.socket).unwrap();
        let accepted = Arc::clone(&self.accepted);
        self.connections.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (mut ours, _) = listener.accept().await.unwrap();
                accepted.fetch_add(1, Ordering::Relaxed);
                connections.spawn(async move {
                    match target {
                        Some(target) => {
                            let mut theirs = UnixStream::connect(target).await.unwrap();
                            // Either side may hang up.
                            drop(tokio::io::copy_bidirectional(&mut ours, &mut theirs).await);
                        }
                        None => std::future::pending().await,
                    }
                });
            }
        });
    }

    async fn cut(&mut self) {
        self.connections.shutdown().await;
        std::fs::remove_file(&self.socket).unwrap();
    }

    async fn connect(&self, platform: &PlatformId) -> DockerEngine {
        let options = DockerOptions::new(self.socket.clone(), platform.clone());
        DockerEngine::connect(DockerOptions { call_timeout: Duration::from_secs(5), ..options }).await.unwrap()
    }
}

fn nobody() -> ContainerId {
    ContainerId::parse(&"0".repeat(64)).unwrap()
}

#[tokio::test]
async fn no_socket_is_unavailable_and_says_what_to_do() {
    let options = DockerOptions::new("/nowhere/docker.sock".into(), PlatformId::parse("x").unwrap());
    let error = DockerEngine::connect(options).await.unwrap_err();
    assert!(matches!(&error, EngineError::Unavailable { .. }));
    assert!(error.to_string().contains("is the engine running"), "{error}");
}

#[tokio::test]
async fn an_engine_that_says_nothing_is_unavailable_in_time() {
    let mut relay = Relay::new();
    let engine = relay.connect(&PlatformId::parse("x").unwrap()).await;
    relay.cut().await;
    relay.listen(None);
    let began = Instant::now();
    let answer = engine.remove_container(&nobody()).await;
    assert!(matches!(&answer, Err(EngineError::Unavailable { detail, .. }) if detail.contains("5s")), "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_goes_away_ends_streams_and_waits_with_an_error_and_may_come_back() {
    let bench = Bench::docker().await;
    let mut relay = Relay::new();
    let engine = relay.connect(&bench.platform).await;
    let mut events = engine.events(&bench.platform).await.unwrap();
    let (_spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    assert!(events.next().await.unwrap().is_ok(), "the stream lives");

    let before = relay.accepted.load(Ordering::Relaxed);
    let cut = async {
        let accepted = || async { (relay.accepted.load(Ordering::Relaxed) > before).then_some(()) };
        eventually("the wait", accepted).await;
        relay.cut().await;
    };
    let (exit, ()) = tokio::join!(engine.wait_container(&id), cut);
    assert!(matches!(exit, Err(EngineError::Unavailable { .. })), "{exit:?}");
    let end = loop {
        if let Err(error) = events.next().await.expect("an error comes before the end") {
            break error;
        }
    };
    assert!(matches!(end, EngineError::Unavailable { .. }), "{end}");
    assert!(events.next().await.is_none());
    let answer = engine.list_containers(&bench.platform).await;
    assert!(matches!(answer, Err(EngineError::Unavailable { .. })), "{answer:?}");

    relay.listen(Some(Path::new(SOCKET)));
    assert_eq!(engine.list_containers(&bench.platform).await.unwrap().len(), 1, "no new engine is needed");
}

#[tokio::test]
async fn a_reader_of_files_is_nobodys_container_and_goes_once_it_is_abandoned() {
    let bench = Bench::docker().await;
    bench.hands.abandon_reader(&format!("{}-reader", bench.platform.as_str()));
    assert_eq!(bench.engine.list_containers(&bench.platform).await, Ok(Vec::new()));
    let read = async |engine: &dyn ContainerEngine| {
        engine.read_image_file(&bench.image, "/app/package.json", Bytes(100)).await.unwrap().unwrap()
    };
    read(bench.engine.as_ref()).await;
    bench.engine.remove_abandoned_readers().await.unwrap();
    assert_eq!(bench.hands.count_containers(), 1, "a fresh one is left to its reader");
    let impatient = bench.hands.reconnect_impatiently().await;
    eventually("the end of the abandoned", || async {
        read(impatient.as_ref()).await;
        (bench.hands.count_containers() == 0).then_some(())
    })
    .await;
}
