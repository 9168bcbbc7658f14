use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use domain::TenantId;
use domain::tenant::{DesiredState, Operation, Status, Step, World};
use storage::{
    ClaimError, ClaimRequest, DeploymentOutcome, DeploymentStatus, Expected, LeaseOwner, Priority, Progress, Scope,
    Store,
};
use tokio::task::JoinSet;

use crate::support::{Platform, all_well, change, new_tenant, now, worker};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn six_workers_on_fifty_tenants_never_share_one() {
    let platform = Platform::start().await;
    for number in 0..50 {
        platform.tenant(&format!("study-{number}")).await;
    }
    let held: &'static Mutex<HashMap<TenantId, LeaseOwner>> = Box::leak(Box::default());
    let mut workers = JoinSet::new();
    for number in 0..6 {
        workers.spawn(work(platform.worker.clone(), worker(number), held));
    }
    let passes: usize = workers.join_all().await.into_iter().sum();
    assert_eq!(passes, 50 * 4, "each tenant is rung for and worked on four times");
    assert_eq!(platform.number("SELECT count(*) FROM fresco.tenant_claims WHERE attempts = 4").await, 50);
}

/// Works until nothing is due, each tenant four times, and panics if somebody else holds what it was given.
async fn work(store: Store, owner: LeaseOwner, held: &Mutex<HashMap<TenantId, LeaseOwner>>) -> usize {
    let request = ClaimRequest { limit: 3, background_limit: 3, lease: MINUTE };
    let mut passes = 0;
    loop {
        let claimed = store.claim_due(owner, request).await.unwrap();
        if claimed.is_empty() && store.next_due().await.unwrap().is_none_or(|rest| !rest.is_zero()) {
            return passes;
        }
        for claim in claimed {
            let before = held.lock().unwrap().insert(claim.tenant.id, owner);
            assert_eq!(before, None, "{} is held twice", claim.tenant.id);
            tokio::task::yield_now().await;
            assert!(!store.renew(&claim.lease, MINUTE).await.unwrap().dirty);
            held.lock().unwrap().remove(&claim.tenant.id);
            let again = if claim.attempts < 4 { now() } else { now() + chrono::TimeDelta::hours(1) };
            let world = World::default();
            let finished = storage::Finished { next_at: again, at_rest: false, ..all_well(&claim, &world) };
            store.finish(&claim.lease, &finished).await.unwrap();
            passes += 1;
        }
    }
}

/// Changes land anywhere between a claim's snapshot and its locks, and while a pass ends. Each pass fails, so nothing but
/// a new generation brings a tenant back.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_people_ask_for_is_forgotten_in_a_race() {
    let platform = Platform::start().await;
    let mut tenants = Vec::new();
    for number in 0..4 {
        tenants.push(platform.tenant(&format!("study-{number}")).await.id);
    }
    let mut workers = JoinSet::new();
    for number in 0..4 {
        let store = platform.worker.clone();
        workers.spawn(async move { serve(&store, worker(number)).await });
    }
    let mut people = JoinSet::new();
    for id in tenants.iter().cycle().take(12).copied() {
        let api = platform.api.clone();
        people.spawn(async move {
            for _ in 0..25 {
                api.change_tenant(Scope::Operator, id, change(Operation::Restart)).await.unwrap();
            }
        });
    }
    people.join_all().await;
    let behind = "SELECT count(*) FROM fresco.tenants WHERE generation <> 76 OR observed_generation <> generation";
    let deadline = Instant::now() + Duration::from_secs(20);
    while platform.number(behind).await > 0 {
        assert!(Instant::now() < deadline, "a change was never worked on");
    }
    workers.shutdown().await;
    let open = "SELECT count(*) FROM fresco.deployments WHERE finished_at IS NULL";
    assert_eq!(platform.number(open).await, 0, "every deployment has ended");
}

/// Fails at what is due, for ever, and would look at none of it again within the hour.
async fn serve(store: &Store, owner: LeaseOwner) {
    let (world, failure) = (World::default(), crate::finish::failure());
    loop {
        let request = ClaimRequest { limit: 1, background_limit: 1, lease: MINUTE };
        for claim in store.claim_due(owner, request).await.unwrap() {
            let finished = storage::Finished {
                next_at: now() + chrono::TimeDelta::hours(1),
                error: Some(&failure),
                at_rest: false,
                deployment_outcome: Some(DeploymentOutcome::Failed),
                ..all_well(&claim, &world)
            };
            store.finish(&claim.lease, &finished).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_lapsed_holder_can_write_nothing_once_another_has_claimed() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let late = platform.claim(worker(1), Duration::ZERO).await.remove(0);
    let next = platform.claim_one(worker(2)).await;
    assert_eq!(next.attempts, 2);
    assert!(next.lease.epoch > late.lease.epoch);
    // The same owner's older claim is as late as anybody's.
    let older = storage::Lease { owner: next.lease.owner, ..late.lease };
    for lease in [late.lease, older] {
        let lost = |answer: Result<(), ClaimError>| assert!(matches!(answer, Err(ClaimError::Lost)), "{answer:?}");
        let progress = Progress { step: None, beside: &[], status: Status::Error, message: "late", at: now() };
        lost(platform.worker.renew(&lease, MINUTE).await.map(drop));
        lost(platform.worker.reread(&lease).await.map(drop));
        lost(platform.worker.progress(&lease, &progress).await);
        lost(platform.worker.finish(&lease, &all_well(&late, &World::default())).await);
    }
    let tenant = platform.api.find_tenant(Scope::Operator, next.tenant.id).await.unwrap().unwrap();
    assert_eq!(tenant, next.tenant, "nothing of the late one's is there");
    platform.worker.finish(&next.lease, &all_well(&next, &World::default())).await.unwrap();
}

#[tokio::test]
async fn people_come_before_background_work_which_never_takes_all_places() {
    let platform = Platform::start().await;
    let background: Vec<TenantId> = rest(&platform, 4).await;
    platform.worker.ring_all(&background, Priority::Background).await.unwrap();
    let waited_for = platform.tenant("waited-for").await.id;
    let request = ClaimRequest { limit: 4, background_limit: 2, lease: MINUTE };
    let claimed = platform.worker.claim_due(worker(1), request).await.unwrap();
    let order: Vec<Priority> = claimed.iter().map(|claim| claim.priority).collect();
    assert_eq!(order, [Priority::People, Priority::Background, Priority::Background]);
    assert_eq!(claimed[0].tenant.id, waited_for);
}

/// Tenants that have converged and are not due.
async fn rest(platform: &Platform, count: usize) -> Vec<TenantId> {
    for number in 0..count {
        platform.tenant(&format!("resting-{number}")).await;
    }
    let claimed = platform.claim(worker(9), MINUTE).await;
    for claim in &claimed {
        platform.worker.finish(&claim.lease, &all_well(claim, &World::default())).await.unwrap();
    }
    claimed.iter().map(|claim| claim.tenant.id).collect()
}

#[tokio::test]
async fn a_change_during_the_work_is_seen_and_not_forgotten() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let claim = platform.claim_one(worker(1)).await;
    let store = &platform.worker;
    assert!(!store.renew(&claim.lease, MINUTE).await.unwrap().dirty);
    assert!(store.running_dirty(worker(1), &[claim.tenant.id]).await.unwrap().is_empty());

    let stop = change(Operation::Stop);
    platform.api.change_tenant(Scope::Operator, claim.tenant.id, stop).await.unwrap();
    assert!(store.renew(&claim.lease, MINUTE).await.unwrap().dirty);
    assert_eq!(store.running_dirty(worker(1), &[claim.tenant.id]).await.unwrap(), [claim.tenant.id]);
    let reread = store.reread(&claim.lease).await.unwrap();
    assert_eq!((reread.desired_state, reread.generation), (DesiredState::Stopped, 2));
    assert!(!store.renew(&claim.lease, MINUTE).await.unwrap().dirty);

    platform.api.change_tenant(Scope::Operator, claim.tenant.id, change(Operation::Start)).await.unwrap();
    store.finish(&claim.lease, &all_well(&claim, &World::default())).await.unwrap();
    let again = platform.claim_one(worker(1)).await;
    assert_eq!((again.tenant.generation, again.priority), (3, Priority::People));
}

#[tokio::test]
async fn a_ring_during_the_work_makes_it_due_again_unless_it_failed() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let claim = platform.claim_one(worker(1)).await;
    platform.worker.ring(id, Priority::Background).await.unwrap();
    platform.worker.finish(&claim.lease, &all_well(&claim, &World::default())).await.unwrap();
    let again = platform.claim_one(worker(1)).await;

    platform.worker.ring(id, Priority::Background).await.unwrap();
    let failure = crate::finish::failure();
    let world = World::default();
    let failed =
        storage::Finished { error: Some(&failure), at_rest: false, status: Status::Error, ..all_well(&again, &world) };
    platform.worker.finish(&again.lease, &failed).await.unwrap();
    assert!(platform.claim(worker(1), MINUTE).await.is_empty(), "its back-off holds");
    platform.worker.ring(id, Priority::Background).await.unwrap();
    assert!(platform.claim(worker(1), MINUTE).await.is_empty(), "background work doesn't cut it");
    platform.worker.ring(id, Priority::People).await.unwrap();
    assert_eq!(platform.claim_one(worker(1)).await.attempts, 1, "what people ask for begins anew");
}

#[tokio::test]
async fn looks_at_settled_tenants_are_brought_forward_one_after_the_other() {
    let platform = Platform::start().await;
    let mut ids = Vec::new();
    for (place, name) in ["first", "second", "third", "fails", "held"].into_iter().enumerate() {
        ids.push(platform.tenant(name).await.id);
        let claim = platform.claim_one(worker(1)).await;
        let next_at = now() + chrono::TimeDelta::minutes(10 + i64::try_from(place).unwrap());
        let world = World::default();
        let settled = storage::Finished { next_at, ..all_well(&claim, &world) };
        let failure = crate::finish::failure();
        match name {
            "held" => continue,
            "fails" => {
                let failed = storage::Finished { error: Some(&failure), at_rest: false, ..settled };
                platform.worker.finish(&claim.lease, &failed).await.unwrap();
            }
            _ => platform.worker.finish(&claim.lease, &settled).await.unwrap(),
        }
    }
    platform.worker.bring_looks_forward(1, 2).await.unwrap();
    let seconds =
        "SELECT round(extract(epoch FROM next_at - now()))::bigint FROM fresco.tenant_claims WHERE tenant_id = ";
    let mut due = Vec::new();
    for id in &ids[..4] {
        due.push(platform.number(&format!("{seconds}'{}'", id.uuid())).await);
    }
    assert!((0..=1).contains(&due[0]) && due[0] < due[1] && due[1] <= 2, "{due:?}");
    assert!(due[2] > 600 && due[3] > 600, "one more than asked for, and one that failed: {due:?}");
}

#[tokio::test]
async fn a_stopping_worker_gives_up_what_it_holds() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let claim = platform.claim_one(worker(1)).await;
    assert_eq!(platform.worker.release_claims(worker(2)).await.unwrap(), 0);
    assert_eq!(platform.worker.release_claims(worker(1)).await.unwrap(), 1);
    assert!(matches!(platform.worker.renew(&claim.lease, MINUTE).await, Err(ClaimError::Lost)));
    assert_eq!(platform.claim_one(worker(2)).await.attempts, 2);
}

#[tokio::test]
async fn progress_is_shown_and_written_down_in_order() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let claim = platform.claim_one(worker(1)).await;
    let deployments = platform.api.list_deployments(Scope::Operator, id, None, 10).await.unwrap();
    assert_eq!((deployments[0].status, Some(deployments[0].id)), (DeploymentStatus::Running, claim.deployment));
    for step in [Step::EnsureRole, Step::EnsureDatabase] {
        let message = step.describe();
        let progress = Progress { step: Some(&step), beside: &[], status: Status::Provisioning, message, at: now() };
        platform.worker.progress(&claim.lease, &progress).await.unwrap();
    }
    let tenant = platform.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap();
    assert_eq!((tenant.status, tenant.current_step.unwrap().step), (Status::Provisioning, Step::EnsureDatabase));
    let events = platform.api.list_events(Scope::Operator, id, None, 10).await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["deploy", "ensure_role", "ensure_database"]);
    let rest = platform.api.list_events(Scope::Operator, id, Some(events[1].id), 10).await.unwrap();
    assert_eq!(rest, events[2..]);
    let last = async |before, limit| platform.api.last_events(Scope::Operator, id, before, limit).await.unwrap();
    assert_eq!((last(None, 2).await, last(None, 10).await), (events[1..].to_vec(), events.clone()));
    assert_eq!(last(Some(events[2].id), 1).await, events[1..2]);
    assert_eq!(last(Some(events[0].id), 10).await, []);
    assert_eq!(serde_json::from_value::<Step>(rest[0].data.clone()).unwrap(), Step::EnsureDatabase);
}

#[tokio::test]
async fn a_corrupt_row_is_named_and_holds_nobody_up() {
    let platform = Platform::start().await;
    let broken = platform.tenant("broken").await.id;
    let sound = platform.api.create_tenant(Scope::Operator, new_tenant("sound")).await.unwrap().id;
    let sql = format!("UPDATE fresco.tenants SET spec = '{{\"app\": \"NOT AN APP\"}}' WHERE id = '{}'", broken.uuid());
    platform.sql(&sql).await;
    let claimed = platform.claim(worker(1), MINUTE).await;
    assert_eq!(claimed.iter().map(|claim| claim.tenant.id).collect::<Vec<_>>(), [sound]);
    let mut expected = Expected::default();
    platform.worker.read_expected(&mut expected).await.unwrap();
    let named: BTreeSet<TenantId> = expected.iter().map(|(tenant, _)| tenant).collect();
    assert_eq!(named, BTreeSet::from([broken, sound]));
    let error = platform.api.find_tenant(Scope::Operator, broken).await.unwrap_err();
    assert!(
        matches!(&error, storage::StorageError::Corrupt { table: "tenants", row, .. } if *row == broken.to_string())
    );
}
