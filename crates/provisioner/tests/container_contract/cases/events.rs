use std::time::Duration;

use futures_util::StreamExt;
use provisioner::container::{Phase, PlatformId};
use tokio::time::timeout;

use crate::bench::Bench;
use crate::program::Program;

pub(crate) async fn tell_of_our_containers_only(bench: &Bench) {
    bench.engine.ensure_network(&bench.network).await.unwrap();
    let mut events = bench.engine.events(&bench.platform).await.unwrap();
    let mut foreign = bench.spec(Phase::Release, Program::Fails);
    foreign.owner.platform = PlatformId::parse(&format!("{}-2", bench.platform.as_str())).unwrap();
    let foreign_id = bench.made(&foreign).await;
    bench.engine.start_container(&foreign_id).await.unwrap();
    bench.engine.wait_container(&foreign_id).await.unwrap();
    bench.engine.remove_container(&foreign_id).await.unwrap();

    // All of this happens before the stream is first looked at.
    let (spec, id) = bench.started(Phase::Release, Program::Fails).await;
    bench.engine.wait_container(&id).await.unwrap();
    bench.engine.remove_container(&id).await.unwrap();
    let mut actions = Vec::new();
    while actions.last().is_none_or(|action| action != "destroy") {
        let event = timeout(Duration::from_secs(20), events.next()).await.unwrap().unwrap().unwrap();
        assert_eq!(event.owner, spec.owner);
        actions.push(event.action);
    }
    let at = |wanted: &str| actions.iter().position(|action| action == wanted).expect(wanted);
    assert!(at("create") < at("start") && at("start") < at("die") && at("die") < at("destroy"), "{actions:?}");
}
