//! What every [`RouteStore`] does, the files and the fake alike.

use std::collections::BTreeSet;

use provisioner::routing::fake::{Call, FakeRoutes, Moment};
use provisioner::routing::{Route, RouteProvider, RouteStore, Survey};

use crate::support::{Folders, address, route, tenant, with_hsts};

/// A store's promises; `alter` changes a tenant's file behind its back.
async fn keeps_the_contract(store: &dyn RouteStore, alter: impl Fn(&Route)) {
    let file = route("night-owls", RouteProvider::File);
    let labels = Route { tenant: tenant(2), ..route("early-birds", RouteProvider::Labels) };
    let (first, second) = (Some(address(1)), Some(address(2)));

    assert_eq!(store.find(file.tenant).await.unwrap(), None);
    store.remove(file.tenant).await.unwrap();

    for target in [None, first, second, second, None, first] {
        let written = store.write(&file, target).await.unwrap();
        assert_eq!((&written.hash, written.target), (&file.hash(), target));
        assert_eq!(store.find(file.tenant).await.unwrap(), Some(written));
    }
    assert_eq!(store.write(&labels, first).await.unwrap().target, None, "labels hold no target");

    let changed = with_hsts(&file, None);
    assert_ne!(store.write(&changed, first).await.unwrap().hash, file.hash());

    let both = BTreeSet::from([tenant(1), tenant(2)]);
    let untouched = Survey { present: both.clone(), altered: BTreeSet::new() };
    assert_eq!(store.survey().await.unwrap(), untouched);
    alter(&changed);
    let after = Survey { present: both, altered: BTreeSet::from([tenant(1)]) };
    assert_eq!(store.survey().await.unwrap(), after, "somebody else's change is seen");
    let altered = store.find(file.tenant).await.unwrap().unwrap();
    assert_ne!(altered.hash, changed.hash(), "somebody else's change is seen");
    assert_eq!(altered.target, first);
    assert_eq!(store.survey().await.unwrap(), untouched, "it is known now");

    let mut tenants = store.tenants().await.unwrap();
    tenants.sort();
    assert_eq!(tenants, [tenant(1), tenant(2)]);
    for gone in [file.tenant, file.tenant] {
        store.remove(gone).await.unwrap();
        assert_eq!(store.find(gone).await.unwrap(), None);
    }
    assert_eq!(store.tenants().await.unwrap(), [tenant(2)]);
    assert_eq!(store.survey().await.unwrap(), Survey { present: BTreeSet::from([tenant(2)]), ..Survey::default() });
}

#[tokio::test]
async fn files_keep_the_contract() {
    let folders = Folders::new();
    let alter = |route: &Route| {
        let path = folders.file(route);
        let content = std::fs::read_to_string(&path).unwrap().replace("nosniff", "sniff");
        std::fs::write(&path, content).unwrap();
    };
    keeps_the_contract(&folders.open().await, alter).await;
}

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    let routes = FakeRoutes::default();
    keeps_the_contract(&routes, |route| routes.alter(route.tenant)).await;
}

#[tokio::test]
async fn the_fakes_faults_come_before_or_after_the_effect_and_end() {
    let (routes, route) = (FakeRoutes::default(), route("night-owls", RouteProvider::Labels));
    routes.fail(Call::Write, Moment::BeforeEffect, 2);
    for _ in 0..2 {
        routes.write(&route, None).await.unwrap_err();
        assert!(routes.inventory().is_empty());
    }
    routes.write(&route, None).await.unwrap();
    assert_eq!(routes.calls(Call::Write), 3);

    routes.fail(Call::Remove, Moment::AfterEffect, 1);
    assert!(routes.find(route.tenant).await.unwrap().is_some(), "a fault strikes its own call alone");
    routes.remove(route.tenant).await.unwrap_err();
    assert!(routes.inventory().is_empty());
    routes.remove(route.tenant).await.unwrap();

    routes.set_down(true);
    routes.find(route.tenant).await.unwrap_err();
    routes.set_down(false);
    assert_eq!(routes.find(route.tenant).await.unwrap(), None);
}
