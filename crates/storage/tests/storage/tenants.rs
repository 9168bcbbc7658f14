use std::collections::HashSet;

use chrono::TimeDelta;
use domain::OrganisationId;
use domain::tenant::{DesiredState, Operation, Refusal, Status, Subdomain};
use storage::{Change, ChangeError, CreateTenantError, Cursor, LastLook, Part, Scope, Shown, TenantFilter};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Platform, change, member, new_tenant, now, spec};

const STRANGERS: Scope = member(OrganisationId::from_uuid(Uuid::from_u128(2)));
const OURS: Scope = member(OrganisationId::OPERATOR);

#[tokio::test]
async fn a_new_tenant_is_what_was_asked_for() {
    let platform = Platform::start().await;
    let mut new = new_tenant("study");
    new.metadata.insert("purpose".into(), "teaching".into());
    let (id, metadata) = (new.id, new.metadata.clone());
    let tenant = platform.api.create_tenant(Scope::Operator, new).await.unwrap();
    assert_eq!((tenant.id, tenant.status, tenant.generation), (id, Status::Pending, 1));
    assert_eq!((tenant.desired_state, &tenant.spec, &tenant.metadata), (DesiredState::Running, &spec(), &metadata));
    assert!(tenant.observed.serve.is_unknown(), "nobody has looked");
    let name = Subdomain::parse("study").unwrap();
    for found in [platform.api.find_tenant(OURS, id).await.unwrap(), platform.api.visited(&name).await.unwrap()] {
        assert_eq!(found.as_ref(), Some(&tenant));
    }
    let identifier =
        "SELECT count(*) FROM fresco.tenants WHERE tenant_identifier = replace(id::text, '-', '') AND app = 'sample'";
    assert_eq!(platform.number(identifier).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twenty_who_want_one_name_one_gets_it() {
    let platform = Platform::start().await;
    let mut creations = JoinSet::new();
    for _ in 0..20 {
        let api = platform.api.clone();
        creations.spawn(async move { api.create_tenant(Scope::Operator, new_tenant("popular")).await });
    }
    let outcomes = creations.join_all().await;
    let taken = |outcome: &&Result<_, _>| matches!(outcome, Err(CreateTenantError::SubdomainTaken(_)));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(taken).count(), 19, "{outcomes:?}");
    let left = "SELECT (SELECT count(*) FROM fresco.tenant_claims) + (SELECT count(*) FROM fresco.deployments)
                     + (SELECT count(*) FROM fresco.tenant_events)";
    assert_eq!(platform.number(left).await, 3, "the losers leave nothing");
}

#[tokio::test]
async fn pages_have_no_gap_and_no_double_while_others_are_created() {
    let platform = Platform::start().await;
    let mut before = HashSet::new();
    for number in 0..25 {
        // Some of one moment: the id decides among them.
        let mut new = new_tenant(&format!("study-{number}"));
        new.now = chrono::DateTime::from_timestamp(1_800_000_000 + number / 5, 123_456_789).unwrap();
        before.insert(platform.api.create_tenant(Scope::Operator, new).await.unwrap().id);
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = platform.api.list_tenants(OURS, &TenantFilter::default(), Part { after, limit: 4 }).await.unwrap();
        assert!(page.items.len() <= 4);
        seen.extend(page.items.into_iter().map(|tenant| tenant.id));
        let mut newer = new_tenant(&format!("newer-{}", seen.len()));
        newer.now = chrono::DateTime::from_timestamp(1_900_000_000, 0).unwrap();
        platform.api.create_tenant(Scope::Operator, newer).await.unwrap();
        let Some(next) = page.next else { break };
        after = Some(Cursor::parse(&next.to_string()).unwrap());
    }
    assert_eq!(seen.len(), 25);
    assert_eq!(seen.into_iter().collect::<HashSet<_>>(), before);
}

#[tokio::test]
async fn a_list_shows_what_was_asked_for_and_a_stranger_sees_nothing() {
    let platform = Platform::start().await;
    let one = platform.tenant("networks-2026").await;
    platform.tenant("other").await;
    let names = async |scope, filter: TenantFilter| {
        let page = platform.api.list_tenants(scope, &filter, Part::first(10)).await.unwrap();
        page.items.into_iter().map(|tenant| tenant.subdomain.to_string()).collect::<Vec<_>>()
    };
    let search = |text: &str| TenantFilter { search: Some(text.into()), ..TenantFilter::default() };
    assert_eq!(names(OURS, search("WORKS-2")).await, ["networks-2026"]);
    assert!(names(OURS, search("%")).await.is_empty());
    let showing = |status| {
        let shown = Shown { status, now: now(), max_age: TimeDelta::minutes(1), last_look: LastLook::default() };
        TenantFilter { status: Some(shown), ..TenantFilter::default() }
    };
    assert_eq!(names(OURS, showing(Status::Pending)).await.len(), 2);
    assert!(names(OURS, showing(Status::Active)).await.is_empty());
    assert!(names(STRANGERS, TenantFilter::default()).await.is_empty());
    assert_eq!(platform.api.find_tenant(STRANGERS, one.id).await.unwrap(), None);
    assert!(platform.api.list_events(STRANGERS, one.id, None, 10).await.unwrap().is_empty());
    assert!(platform.api.list_deployments(STRANGERS, one.id, None, 10).await.unwrap().is_empty());
    let refused = platform.api.change_tenant(STRANGERS, one.id, change(Operation::Stop)).await.unwrap_err();
    assert!(matches!(refused, ChangeError::NotFound));
    assert_eq!(platform.api.find_tenant(OURS, one.id).await.unwrap(), Some(one));
}

#[tokio::test]
async fn a_change_counts_up_and_a_lost_update_is_refused() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let stop = |expected| Change { expected_generation: Some(expected), ..change(Operation::Stop) };
    let changed = platform.api.change_tenant(OURS, id, stop(1)).await.unwrap();
    assert_eq!((changed.tenant.generation, changed.tenant.desired_state), (2, DesiredState::Stopped));
    let refused = platform.api.change_tenant(OURS, id, stop(1)).await.unwrap_err();
    assert!(matches!(refused, ChangeError::GenerationMismatch { current: 2 }));
    let newest = platform.api.list_deployments(OURS, id, None, 1).await.unwrap();
    assert_eq!((newest[0].id, newest[0].generation), (changed.deployment, 2));
    let older = platform.api.list_deployments(OURS, id, Some(newest[0].id), 10).await.unwrap();
    assert_eq!(older.iter().map(|deployment| deployment.generation).collect::<Vec<_>>(), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn restarts_at_once_all_count() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let mut restarts = JoinSet::new();
    for _ in 0..8 {
        let api = platform.api.clone();
        restarts.spawn(async move { api.change_tenant(OURS, id, change(Operation::Restart)).await.unwrap() });
    }
    restarts.join_all().await;
    let tenant = platform.api.find_tenant(OURS, id).await.unwrap().unwrap();
    assert_eq!((tenant.spec.restarts, tenant.generation), (8, 9));
}

#[tokio::test]
async fn what_is_being_destroyed_changes_no_more() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let destroy = || change(Operation::Destroy { after: now() });
    platform.api.change_tenant(OURS, id, destroy()).await.unwrap();
    let start = change(Operation::Start);
    assert!(matches!(
        platform.api.change_tenant(OURS, id, start).await,
        Err(ChangeError::Refused(Refusal::BeingDestroyed(_)))
    ));
    let name = platform.api.create_tenant(Scope::Operator, new_tenant("study")).await;
    assert!(matches!(name, Err(CreateTenantError::SubdomainTaken(_))), "its name is not free yet");
}
