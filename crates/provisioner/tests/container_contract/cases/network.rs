use domain::tenant::ContainerState;
use futures_util::future::join_all;
use provisioner::container::{EngineError, NetworkName, NetworkSpec, Phase};

use crate::bench::Bench;
use crate::program::Program;

pub(crate) async fn is_made_once(bench: &Bench) {
    assert_eq!(bench.engine.find_network(&bench.network.name).await, Ok(None));
    let made = bench.engine.ensure_network(&bench.network).await.unwrap();
    assert!(made.conforms);
    assert!(made.gateway.to_string().ends_with(".1"));
    assert_eq!(bench.engine.ensure_network(&bench.network).await, Ok(made.clone()));
    assert_eq!(bench.engine.find_network(&bench.network.name).await, Ok(Some(made)));
    assert_eq!(bench.hands.count_networks(&bench.network.name), 1);
}

pub(crate) async fn that_differs_is_a_conflict(bench: &Bench) {
    bench.engine.ensure_network(&bench.network).await.unwrap();
    let interface = NetworkSpec { interface: "fr-other".to_owned(), ..bench.network.clone() };
    let subnet = NetworkSpec { subnet: "10.202.255.0/24".to_owned(), ..bench.network.clone() };
    let name = NetworkName::parse(&format!("{}-other", bench.network.name.as_str())).unwrap();
    let taken = NetworkSpec { name: name.clone(), interface: "fr-other".to_owned(), ..bench.network.clone() };
    for other in [interface, subnet, taken] {
        let answer = bench.engine.ensure_network(&other).await;
        assert!(matches!(answer, Err(EngineError::Conflict { .. })), "{other:?}: {answer:?}");
    }
    assert_eq!(bench.hands.count_networks(&bench.network.name), 1);
    assert_eq!(bench.hands.count_networks(&name), 0);
}

pub(crate) async fn of_somebody_else_is_not_ours(bench: &Bench) {
    bench.hands.plant_network(&bench.network);
    let found = bench.engine.find_network(&bench.network.name).await.unwrap().unwrap();
    assert!(!found.conforms);
    let answer = bench.engine.ensure_network(&bench.network).await;
    assert!(matches!(answer, Err(EngineError::Conflict { .. })), "{answer:?}");
}

pub(crate) async fn with_a_wrong_spec_is_refused(bench: &Bench) {
    for (subnet, interface) in [("10.77.0.0", "fr-x"), ("10.77.0.0/31", "fr-x"), ("10.77.0.0/24", "fr/../x")] {
        let (subnet, interface) = (subnet.to_owned(), interface.to_owned());
        let answer = bench.engine.ensure_network(&NetworkSpec { subnet, interface, ..bench.network.clone() }).await;
        assert!(matches!(answer, Err(EngineError::Refused { .. })), "{answer:?}");
    }
    assert_eq!(bench.hands.count_networks(&bench.network.name), 0);
}

pub(crate) async fn is_one_however_many_make_it(bench: &Bench) {
    let engines = join_all((0..4).map(|_| bench.hands.reconnect())).await;
    let made = join_all(engines.iter().map(|engine| engine.ensure_network(&bench.network))).await;
    assert!(made.iter().all(|network| network == &made[0] && network.is_ok()), "{made:?}");
    assert_eq!(bench.hands.count_networks(&bench.network.name), 1);
}

pub(crate) async fn tells_who_runs_in_it(bench: &Bench) {
    let name = &bench.network.name;
    assert!(matches!(bench.engine.network_addresses(name).await, Err(EngineError::NotFound { .. })));
    let (_spec, id) = bench.started(Phase::Serve, Program::Sleeps).await;
    let ContainerState::Running { address: Some(address), .. } = bench.engine.start_container(&id).await.unwrap()
    else {
        panic!("it runs");
    };
    assert_eq!(bench.engine.network_addresses(name).await, Ok(vec![address.ip()]));
    bench.engine.remove_container(&id).await.unwrap();
    assert_eq!(bench.engine.network_addresses(name).await, Ok(vec![]));
}
