//! The same over the socket.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use domain::log::{EndReason, LogFrame, Wanted};
use logs::{LogQuery, LogSource, LogsError, Place, Remote, Watch};
use provisioner::container::Phase;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::bench::{Bench, Viewer, count, eventually, numbers};

/// A worker's end that is served until it is dropped.
fn served(source: impl LogSource + 'static, folder: &TempDir) -> (Remote, JoinSet<()>) {
    let path = folder.path().join("logs.sock");
    let listener = logs::listen(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let mut tasks = JoinSet::new();
    tasks.spawn(logs::serve(listener, Arc::new(source)));
    (Remote::new(path), tasks)
}

#[tokio::test]
async fn pages_streams_and_failures_come_over_a_socket() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    bench.say(1..=3000);
    let (running, folder) = (bench.running(), TempDir::new().unwrap());
    let (remote, _serving) = served(running.collector.clone(), &folder);
    let query = LogQuery { place: Place::Oldest, since: None, until: None, wanted: Wanted::default(), limit: 10_000 };
    let page = remote.read(bench.tenant, query.clone()).await.unwrap();
    assert_eq!(numbers(&page.entries), count(1, 3000));
    let wrong = Wanted { query: Some("(".to_owned()), regex: true, level: None };
    let answer = remote.read(bench.tenant, LogQuery { wanted: wrong, ..query }).await;
    assert!(matches!(answer, Err(LogsError::Filter(_))), "{answer:?}");

    let watch = Watch { after: page.after, wanted: Wanted::default() };
    let mut viewer = Viewer(remote.watch(bench.tenant, watch).await.unwrap());
    bench.say(3001..=6000);
    assert_eq!(viewer.until(6000).await.0, count(3001, 6000));
    drop(viewer);
    eventually("it is let go", async || bench.engine.logs_read() == 0).await;
    running.stop().await;
}

#[tokio::test]
async fn a_worker_that_is_away_is_told_and_one_that_dies_ends_its_streams() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let folder = TempDir::new().unwrap();
    let nobody = Remote::new(folder.path().join("logs.sock"));
    let answer = nobody.watch(bench.tenant, Watch::default()).await;
    assert!(matches!(answer.map(drop), Err(LogsError::Unavailable(_))));
    let (running, _) = (bench.running(), ());
    let (remote, mut serving) = served(running.collector.clone(), &folder);
    let mut viewer = Viewer(remote.watch(bench.tenant, Watch::default()).await.unwrap());
    bench.say(1..=5);
    viewer.until(5).await;
    serving.shutdown().await;
    assert_eq!(viewer.frame().await, Some(LogFrame::End { reason: EndReason::Unavailable }));
    assert_eq!(viewer.frame().await, None);
    // The next one takes the place of what was left.
    let (_remote, _serving) = served(running.collector.clone(), &folder);
    running.stop().await;
}
