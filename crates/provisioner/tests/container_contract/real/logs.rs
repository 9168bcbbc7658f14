//! How the engine keeps a log.

use domain::quantity::Bytes;
use provisioner::container::{ContainerSpec, LogRotation, Phase};

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
