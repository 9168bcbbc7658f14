use std::time::Duration;

use domain::log::LogStream;
use domain::quantity::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use provisioner::container::{EngineError, LogPiece, LogRange, Phase};
use tokio::time::timeout;

use crate::bench::Bench;
use crate::program::Program;

pub(crate) async fn holds_both_streams_in_order(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Release, Program::Speaks).await;
    bench.engine.wait_container(&id).await.unwrap();
    let log = bench.engine.tail_log(&id, 100, Bytes::mib(1)).await.unwrap();
    assert_eq!(log, ["first", "second", "third"]);
}

pub(crate) async fn is_cut_to_its_limits(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Release, Program::Speaks).await;
    bench.engine.wait_container(&id).await.unwrap();
    let tail = async |lines, bytes| bench.engine.tail_log(&id, lines, Bytes(bytes)).await.unwrap();
    assert_eq!(tail(2, 1000).await, ["second", "third"]);
    assert_eq!(tail(100, 11).await, ["second", "third"]);
    assert_eq!(tail(100, 10).await, ["third"]);
    assert!(tail(0, 1000).await.is_empty());
}

async fn read(bench: &Bench, id: &domain::tenant::ContainerId, range: LogRange) -> Vec<LogPiece> {
    let pieces = bench.engine.read_log(id, range).await.unwrap();
    let chunks: Vec<_> = timeout(Duration::from_secs(30), pieces.try_collect()).await.unwrap().unwrap();
    chunks.concat()
}

pub(crate) async fn is_read_with_streams_and_times(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Release, Program::Speaks).await;
    bench.engine.wait_container(&id).await.unwrap();
    let mut pieces = read(bench, &id, LogRange::default()).await;
    pieces.sort_by_key(|piece| piece.nanos);
    let said: Vec<_> = pieces.iter().map(|piece| (piece.stream, &*piece.text, piece.ended)).collect();
    let (out, err) = (LogStream::Stdout, LogStream::Stderr);
    assert_eq!(said, [(out, &b"first"[..], true), (err, b"second", true), (out, b"third", true)]);
    assert!(pieces[0].nanos > 1_700_000_000_000_000_000, "{pieces:?}");
}

pub(crate) async fn is_read_on_from_a_time(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Release, Program::Speaks).await;
    bench.engine.wait_container(&id).await.unwrap();
    let all = read(bench, &id, LogRange::default()).await;
    let last = all.iter().map(|piece| piece.nanos).max();
    let again = read(bench, &id, LogRange { since: last, follow: false, tail: None }).await;
    assert!(again.iter().any(|piece| &*piece.text == b"third"), "the line at that very time is there: {again:?}");
    let later = last.map(|nanos| nanos + 2_000_000_000);
    assert!(read(bench, &id, LogRange { since: later, follow: false, tail: None }).await.is_empty());
}

pub(crate) async fn is_read_from_its_end(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Release, Program::Speaks).await;
    bench.engine.wait_container(&id).await.unwrap();
    let last = read(bench, &id, LogRange { tail: Some(2), ..LogRange::default() }).await;
    let said: Vec<_> = last.iter().map(|piece| &*piece.text).collect();
    assert_eq!(said, [&b"second"[..], b"third"]);
}

pub(crate) async fn is_followed_until_the_container_ends(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Serve, Program::EndsWhenTold).await;
    let mut pieces = bench.engine.read_log(&id, LogRange { since: None, follow: true, tail: None }).await.unwrap();
    let next =
        async |pieces: &mut provisioner::container::LogPieces| timeout(Duration::from_secs(30), pieces.next()).await;
    assert_eq!(&*next(&mut pieces).await.unwrap().unwrap().unwrap()[0].text, b"ready");
    assert!(timeout(Duration::from_millis(100), pieces.next()).await.is_err(), "it runs, and says nothing more");
    bench.engine.stop_container(&id, Duration::from_secs(5)).await.unwrap();
    assert!(next(&mut pieces).await.unwrap().is_none());
}

pub(crate) async fn of_a_container_that_is_gone_is_an_error(bench: &Bench) {
    let (_spec, id) = bench.started(Phase::Release, Program::Speaks).await;
    bench.engine.remove_container(&id).await.unwrap();
    for follow in [false, true] {
        let mut pieces = bench.engine.read_log(&id, LogRange { since: None, follow, tail: None }).await.unwrap();
        assert!(matches!(pieces.next().await, Some(Err(EngineError::NotFound { .. }))));
        assert!(pieces.next().await.is_none());
    }
}
