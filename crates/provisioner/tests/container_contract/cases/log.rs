use domain::quantity::Bytes;
use provisioner::container::Phase;

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
