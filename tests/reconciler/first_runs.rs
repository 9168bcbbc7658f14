//! From an instance that only its owner may open to one that is open to everybody.

use chrono::TimeDelta;
use domain::app::AppName;
use domain::quantity::Span;
use domain::tenant::{Operation, RouteProvider, Status};
use domain::{Clock, SystemClock};
use platform_tests::eventually;
use platform_tests::fakes::{Bench, DEADLINE};
use provisioner::probe::Answer;
use storage::{NewGateKey, Priority, Scope, Tenant};

/// What a page of line 4 says to a visitor without a session.
fn leads_to(path: &str) -> Answer {
    Answer { status: 200, location: None, body: format!(r#"<meta http-equiv="refresh" content="1;url={path}"/>"#) }
}

/// Whether its file in Traefik's folder is as it should be, and gated so.
fn is_routed(bench: &Bench, tenant: &Tenant, gated: bool) -> bool {
    let sample = bench.settings.catalogue.get(&AppName::parse("sample").unwrap()).unwrap();
    let route = tenant.subject().route(sample, &bench.settings.platform);
    let file = bench.routes.inventory().remove(&tenant.id).unwrap();
    route.gated == gated && file.hash == route.hash()
}

async fn claim(bench: &Bench, tenant: &Tenant) {
    let now = SystemClock.now();
    let key = |first| NewGateKey { hash: [first; 32], now, expires_at: now + TimeDelta::hours(1) };
    bench.cluster.api.add_claim_link(Scope::Operator, tenant.id, key(1)).await.unwrap();
    assert!(bench.cluster.api.exchange_claim_link(tenant.id, [1; 32], key(2)).await.unwrap());
}

async fn opens_when_set_up(provider: RouteProvider) {
    let bench = Bench::with(provider, |_| ()).await;
    bench.engine.show_page(leads_to("/setup"));
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    assert!(is_routed(&bench, &before, true));
    let target = bench.routes.inventory()[&id].target;

    claim(&bench, &before).await;
    for not_set_up in [leads_to("/setup"), leads_to("/expired"), Answer { status: 500, ..Answer::default() }] {
        bench.engine.show_page(not_set_up);
        bench.asked_again().await;
        let shown = bench.tenant(id).await;
        assert!(!shown.first_run.is_set_up() && is_routed(&bench, &shown, true));
    }
    bench.engine.show_page(leads_to("/signin"));
    let open = bench.until(id, "set up", |tenant| tenant.first_run.is_set_up()).await;
    eventually("the gate is gone", DEADLINE, async || is_routed(&bench, &open, false).then_some(())).await;
    let after = bench.settled(id, Status::Active).await;
    assert_eq!(after.container, before.container, "its container was not touched");
    assert_eq!(bench.routes.inventory()[&id].target, target);
    assert_eq!(after.first_run.claimed_until, None, "no session means anything any more");

    bench.engine.show_page(leads_to("/setup"));
    bench.cluster.worker.ring(id, Priority::People).await.unwrap();
    let later = bench.settled(id, Status::Active).await;
    assert!(later.first_run.is_set_up() && is_routed(&bench, &later, false), "it is never closed again");
    turning.stop().await;
}

#[tokio::test]
async fn a_set_up_instance_is_opened_by_its_file_alone() {
    opens_when_set_up(RouteProvider::File).await;
}

#[tokio::test]
async fn a_set_up_instance_that_labels_route_is_opened_by_its_chain() {
    opens_when_set_up(RouteProvider::Labels).await;
}

#[tokio::test]
async fn one_that_was_set_up_before_there_was_a_gate_is_found_at_the_start() {
    let bench = Bench::start().await;
    bench.engine.show_page(leads_to("/setup"));
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    bench.settled(id, Status::Active).await;
    turning.stop().await;

    bench.engine.show_page(leads_to("/signin"));
    let turning = bench.turn(bench.parts());
    bench.until(id, "set up", |tenant| tenant.first_run.is_set_up()).await;
    turning.stop().await;
}

#[tokio::test]
async fn a_window_begins_anew_before_the_next_container_is_made_and_once() {
    let bench = Bench::start().await;
    bench.engine.show_page(leads_to("/expired"));
    let turning = bench.turn(bench.parts());
    let id = bench.deploy("study").await;
    let before = bench.settled(id, Status::Active).await;
    assert_eq!(bench.databases.statements(id), Vec::<String>::new());
    let first_end = before.first_run.until(Span::seconds(60)).unwrap();

    bench.reopen(id).await;
    let after = bench.settled(id, Status::Active).await;
    assert_ne!(after.container, before.container, "the app goes by what it read at its start");
    let statements = bench.databases.statements(id);
    assert!(statements.len() == 1 && statements[0].contains("initializedAt"), "{statements:?}");
    assert!(!after.first_run.is_to_reopen() && after.first_run.until(Span::seconds(60)).unwrap() > first_end);
    assert!(is_routed(&bench, &after, true), "it is its owner's still");

    bench.wish(id, Operation::Restart).await;
    bench.settled(id, Status::Active).await;
    assert_eq!(bench.databases.statements(id).len(), 1, "a wish is granted once");
    turning.stop().await;
}
