//! How the engine keeps a log.

use domain::log::LogStream;
use domain::quantity::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use provisioner::container::{ContainerSpec, LogRange, LogRotation, Phase};

use crate::bench::Bench;
use crate::program::{Program, shell};

async fn log_of(bench: &Bench, script: &str, rotation: LogRotation) -> Vec<String> {
    let spec = bench.spec(Phase::Release, Program::Sleeps);
    let spec = ContainerSpec { command: Some(shell(script)), log: rotation, ..spec };
    let id = bench.made(&spec).await;
    bench.engine.start_container(&id).await.unwrap();
    bench.engine.wait_container(&id).await.unwrap();
    bench.engine.tail_log(&id, 100_000, Bytes::mib(64)).await.unwrap()
}

#[tokio::test]
async fn a_line_the_engine_splits_is_whole_again() {
    let bench = Bench::docker().await;
    let script = "/bin/busybox head -c 40000 /dev/zero | /bin/busybox tr '\\0' x; echo; echo after; printf unended";
    let log = log_of(&bench, script, LogRotation::DEFAULT).await;
    assert_eq!(log.iter().map(String::len).collect::<Vec<_>>(), [40_000, 5, 7], "{:?}", log.last());
}

#[tokio::test]
async fn a_flood_is_cut_by_rotation() {
    let bench = Bench::docker().await;
    let flood = "/bin/busybox seq 1 60000";
    let log = log_of(&bench, flood, LogRotation { size: Bytes(256 << 10), files: 2 }).await;
    assert_eq!(log.last().map(String::as_str), Some("60000"));
    assert!(log.len() < 20_000, "rotation keeps two files of 256 KiB, not {} lines", log.len());
}

#[tokio::test]
async fn a_flood_comes_in_one_order_with_every_line() {
    let bench = Bench::docker().await;
    let flood = "for i in $(/bin/busybox seq 1 2000); do echo o$i; echo e$i >&2; done";
    let spec = ContainerSpec { command: Some(shell(flood)), ..bench.spec(Phase::Release, Program::Sleeps) };
    let id = bench.made(&spec).await;
    let follow = bench.engine.read_log(&id, LogRange { since: None, follow: false, tail: None }).await.unwrap();
    assert!(follow.collect::<Vec<_>>().await.is_empty(), "nothing was said yet");
    bench.engine.start_container(&id).await.unwrap();
    let followed = bench.engine.read_log(&id, LogRange { since: None, follow: true, tail: None }).await.unwrap();
    let followed = followed.try_collect::<Vec<_>>().await.unwrap().concat();
    let read = bench.engine.read_log(&id, LogRange::default()).await.unwrap();
    assert_eq!(read.try_collect::<Vec<_>>().await.unwrap().concat(), followed);
    for (stream, letter) in [(LogStream::Stdout, 'o'), (LogStream::Stderr, 'e')] {
        let pieces: Vec<_> = followed.iter().filter(|piece| piece.stream == stream).collect();
        assert!(pieces.is_sorted_by_key(|piece| piece.nanos), "{letter}");
        let said: Vec<_> = pieces.iter().map(|piece| String::from_utf8_lossy(&piece.text)).collect();
        assert_eq!(said, (1..=2000).map(|number| format!("{letter}{number}")).collect::<Vec<_>>());
    }
}
