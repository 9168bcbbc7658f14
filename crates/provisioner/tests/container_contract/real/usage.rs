//! What the host counts, against what the engine tells of the same container.

use domain::usage::Reading;
use provisioner::container::{ContainerSpec, Phase};
use provisioner::usage::{HostUsage, Places};

use crate::bench::{Bench, eventually};
use crate::program::{Program, shell};

/// Close enough: the two looks are a moment apart.
fn agree(host: &Reading, engine: &Reading) -> bool {
    let worked = host.processor.abs_diff(engine.processor);
    host.memory.abs_diff(engine.memory) < 2 << 20
        && worked.as_millis() < 500
        && (host.memory_limit, host.cpu_limit) == (engine.memory_limit, engine.cpu_limit)
        && host.pids == engine.pids
        && host.block == engine.block
        && host.network.is_some_and(|counted| Some(counted) == engine.network)
}

#[tokio::test]
async fn host_and_engine_agree() {
    let bench = Bench::docker().await;
    let spec = bench.spec(Phase::Serve, Program::Sleeps);
    // Some work, some memory, and then quiet, so that the looks may be compared.
    let script = "/bin/busybox seq 1 200000 > /dev/null; exec sleep 600";
    let id = bench.made(&ContainerSpec { command: Some(shell(script)), ..spec }).await;
    bench.engine.start_container(&id).await.unwrap();
    let network = bench.engine.ensure_network(&bench.network).await.unwrap();
    let listed = bench.engine.list_containers(&bench.platform).await.unwrap();
    let endpoint = listed.iter().find(|container| container.id == id).expect("it is listed").endpoint;
    assert!(endpoint.is_some_and(|endpoint| endpoint.hardware.is_some()), "{endpoint:?}");
    let host =
        std::sync::Mutex::new(HostUsage::new(&Places::usual(&network.interface)).expect("this host has cgroups"));
    let asked = [(id.clone(), endpoint)];
    let (counted, told) = eventually("both say the same, network included", || async {
        let counted = host.lock().unwrap().read(&asked)[0]?;
        let told = bench.engine.usage(&id).await.unwrap()?;
        agree(&counted, &told).then_some((counted, told))
    })
    .await;
    assert!(counted.processor.as_millis() > 0, "{counted:?} {told:?}");
    assert!(counted.network.expect("compared above").inward > 0, "the host has asked for its address: {counted:?}");
    bench.engine.remove_container(&id).await.unwrap();
    assert_eq!(host.lock().unwrap().read(&asked), [None]);
    assert_eq!(host.lock().unwrap().open(), 0);
}
