use std::time::Duration;

use provisioner::container::{EngineError, Phase};

use crate::bench::{Bench, eventually};
use crate::program::Program;

pub(crate) async fn counts_up_while_it_runs(bench: &Bench) {
    let (spec, id) = bench.started(Phase::Serve, Program::Works).await;
    let first = bench.engine.usage(&id).await.unwrap().expect("it runs");
    assert_eq!((first.memory_limit, first.cpu_limit), (Some(spec.limits.memory), Some(spec.limits.cpus)));
    assert!((1..=spec.limits.memory.0).contains(&first.memory), "{} bytes", first.memory);
    assert!(first.pids > 0 && first.network.is_some() && first.block.is_some(), "{first:?}");
    eventually("a tenth of a second's work", || async {
        let later = bench.engine.usage(&id).await.unwrap().expect("it runs");
        (later.processor >= first.processor + Duration::from_millis(100)).then_some(())
    })
    .await;
}

pub(crate) async fn of_one_that_does_not_run_is_none(bench: &Bench) {
    let spec = bench.spec(Phase::Serve, Program::Sleeps);
    let id = bench.made(&spec).await;
    assert_eq!(bench.engine.usage(&id).await, Ok(None));
    bench.engine.start_container(&id).await.unwrap();
    bench.engine.stop_container(&id, Duration::ZERO).await.unwrap();
    assert_eq!(bench.engine.usage(&id).await, Ok(None));
    bench.engine.remove_container(&id).await.unwrap();
    let gone = bench.engine.usage(&id).await;
    assert!(matches!(gone, Err(EngineError::NotFound { .. })), "{gone:?}");
}
