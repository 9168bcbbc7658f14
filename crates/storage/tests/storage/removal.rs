use chrono::TimeDelta;
use domain::image::ImageReference;
use domain::tenant::{DesiredState, Operation, Refusal, Status, Update, World};
use serde_json::json;
use storage::{
    Change, ChangeError, ClaimError, CreateTenantError, DeploymentOutcome, DeploymentStatus, Finished, Lease,
    LeaseOwner, NewTenant, Scope, Tenant,
};
use tokio::task::JoinSet;

use crate::support::{Platform, all_well, change, new_tenant, now, spec, worker};

fn destroy() -> Change {
    change(Operation::Destroy { after: now() + TimeDelta::hours(24) })
}

/// The same, but at once.
fn hurry() -> Change {
    change(Operation::Destroy { after: now() })
}

async fn found(platform: &Platform, lease: &Lease) -> Tenant {
    platform.api.find_tenant(Scope::Operator, lease.tenant).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_removal_that_has_begun_stays_so_and_its_receipt_grows() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    platform.api.change_tenant(Scope::Operator, id, destroy()).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    assert!(claim.tenant.destroy_after.is_some() && claim.tenant.removal_started_at.is_none());
    let begun = platform.worker.begin_removal(&claim.lease, &json!({ "rows": 3 }), now()).await.unwrap();
    assert!(begun);
    let first = found(&platform, &claim.lease).await;
    for too_late in [hurry(), change(Operation::Undo), change(Operation::Cancel)] {
        let refused = platform.api.change_tenant(Scope::Operator, id, too_late).await.unwrap_err();
        assert!(matches!(refused, ChangeError::Refused(Refusal::BeingRemoved)), "{refused}");
    }
    for _ in 0..2 {
        assert!(platform.worker.begin_removal(&claim.lease, &json!({ "rows": 0 }), now()).await.unwrap());
    }
    let again = found(&platform, &claim.lease).await;
    assert_eq!((again.removal_started_at, &again.receipt), (first.removal_started_at, &first.receipt));
    let (world, removed, until) = (World::empty(), json!({ "left": 0 }), now() + TimeDelta::days(30));
    let finished = Finished {
        status: Status::Destroyed,
        deployment_outcome: Some(DeploymentOutcome::Succeeded),
        receipt: Some(&removed),
        quarantine_until: Some(until),
        ..all_well(&claim, &world)
    };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    let tombstone = found(&platform, &claim.lease).await;
    let refused = platform.api.create_tenant(Scope::Operator, new_tenant("study")).await.unwrap_err();
    assert!(refused.to_string().contains("in quarantine until"), "{refused}");
    let later = NewTenant { now: until, ..new_tenant("study") };
    assert_eq!(platform.api.create_tenant(Scope::Operator, later).await.unwrap().subdomain, tombstone.subdomain);
    assert_eq!(tombstone.receipt, Some(json!({ "inventory": { "rows": 3 }, "left": 0 })));
    assert_eq!(tombstone.quarantine_until.map(|at| at.timestamp_micros()), Some(until.timestamp_micros()));
}

#[tokio::test]
async fn nothing_is_removed_after_people_changed_their_mind() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    platform.api.change_tenant(Scope::Operator, id, destroy()).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    platform.api.change_tenant(Scope::Operator, id, hurry()).await.unwrap();
    let begin = async |lease: &Lease| platform.worker.begin_removal(lease, &json!({}), now()).await;
    assert!(!begin(&claim.lease).await.unwrap(), "what the holder has read is not what people want now");
    platform.worker.reread(&claim.lease).await.unwrap();
    let late = Lease { epoch: claim.lease.epoch - 1, ..claim.lease };
    for lost in [late, Lease { owner: LeaseOwner(uuid::Uuid::nil()), ..claim.lease }] {
        assert!(matches!(begin(&lost).await, Err(ClaimError::Lost)));
    }
    assert_eq!(found(&platform, &claim.lease).await.removal_started_at, None);
    assert!(begin(&claim.lease).await.unwrap());
}

/// What is undone is not removed, and what is being removed is not undone, whoever comes first.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_an_undo_and_a_removal_at_once_one_wins() {
    let platform = Platform::start().await;
    let (mut undone, mut removed) = (0, 0);
    for turn in 0..40 {
        let id = platform.tenant(&format!("study-{turn}")).await.id;
        platform.api.change_tenant(Scope::Operator, id, destroy()).await.unwrap();
        let claim = platform.claim_one(worker(1)).await;
        let inventory = json!({});
        let begin = || platform.worker.begin_removal(&claim.lease, &inventory, now());
        let undo = || platform.api.change_tenant(Scope::Operator, id, change(Operation::Undo));
        let (begun, changed) = match turn {
            0 => (begin().await, undo().await),
            1 => {
                let changed = undo().await;
                (begin().await, changed)
            }
            _ => {
                let late = tokio::time::sleep(std::time::Duration::from_micros(turn % 8 * 200));
                tokio::join!(async { (late.await, begin().await).1 }, undo())
            }
        };
        let tenant = found(&platform, &claim.lease).await;
        match (begun.unwrap(), changed.is_ok()) {
            (true, false) => assert_eq!(tenant.desired_state, DesiredState::Destroyed),
            (false, true) => assert_eq!(tenant.removal_started_at, None),
            both => panic!("removed, undone: {both:?}"),
        }
        *if tenant.removal_started_at.is_some() { &mut removed } else { &mut undone } += 1;
    }
    assert!(undone > 0 && removed > 0, "{undone} undone, {removed} removed");
}

/// The acknowledgement of a cancel: from then on nobody works towards what was cancelled.
#[tokio::test]
async fn what_was_cancelled_ends_when_the_worker_has_taken_the_change() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let statuses = async || {
        let deployments = platform.api.list_deployments(Scope::Operator, id, None, 10).await.unwrap();
        deployments.into_iter().map(|deployment| deployment.status).collect::<Vec<_>>()
    };
    let cancel = || change(Operation::Cancel);
    let claim = platform.claim_one(worker(1)).await;
    platform.api.change_tenant(Scope::Operator, id, cancel()).await.unwrap();
    assert_eq!(statuses().await, [DeploymentStatus::Pending, DeploymentStatus::Running]);
    platform.worker.reread(&claim.lease).await.unwrap();
    assert_eq!(statuses().await, [DeploymentStatus::Running, DeploymentStatus::Cancelled]);
    // The same where nobody held it: by the claim.
    platform.worker.release_claims(worker(1)).await.unwrap();
    platform.api.change_tenant(Scope::Operator, id, change(Operation::Start)).await.unwrap();
    platform.api.change_tenant(Scope::Operator, id, cancel()).await.unwrap();
    platform.claim_one(worker(1)).await;
    let cancelled = DeploymentStatus::Cancelled;
    assert_eq!(statuses().await, [DeploymentStatus::Running, cancelled, cancelled, cancelled]);
    let ended = platform.number("SELECT count(*) FROM fresco.deployments WHERE finished_at IS NOT NULL").await;
    assert_eq!(ended, 3);
}

#[tokio::test]
async fn a_revision_remembers_when_it_first_held_and_with_which_image() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let claim = platform.claim_one(worker(1)).await;
    let pin = serde_json::from_value(json!({
        "reference": "sample:1", "id": format!("sha256:{}", "a".repeat(64)), "digest": null, "version": null,
    }));
    platform.worker.pin_image(&claim.lease, &pin.unwrap()).await.unwrap();
    let converged = "SELECT count(*) FROM fresco.tenant_revisions WHERE converged_at IS NOT NULL
                     AND (pinned_image IS NOT NULL) = (spec ->> 'image' = 'sample:1')";
    let world = World::empty();
    let failed =
        Finished { deployment_outcome: Some(DeploymentOutcome::Failed), next_at: now(), ..all_well(&claim, &world) };
    platform.worker.finish(&claim.lease, &failed).await.unwrap();
    assert_eq!(platform.number(converged).await, 0);
    let mut other = spec();
    other.image = ImageReference::parse("sample:2").unwrap();
    let stop = change(Operation::Stop);
    for change in
        [change(Operation::Restart), stop, change(Operation::Update(Box::new(Update { spec: other, notes: false })))]
    {
        platform.api.change_tenant(Scope::Operator, id, change).await.unwrap();
        let claim = platform.claim_one(worker(1)).await;
        let well = Finished { deployment_outcome: Some(DeploymentOutcome::Succeeded), ..all_well(&claim, &world) };
        platform.worker.finish(&claim.lease, &well).await.unwrap();
    }
    assert_eq!(platform.number(converged).await, 3);
    assert_eq!(platform.number("SELECT count(*) FROM fresco.tenant_revisions").await, 4);
}

/// A name is taken while its tenant lives and while it is in quarantine, and there is no moment in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_name_is_given_away_at_the_moment_its_tenant_ends() {
    let platform = Platform::start().await;
    for turn in 0..10 {
        let name = format!("study-{turn}");
        let id = platform.tenant(&name).await.id;
        platform.api.change_tenant(Scope::Operator, id, destroy()).await.unwrap();
        let claim = platform.claim_one(worker(1)).await;
        let mut impatient = JoinSet::new();
        for _ in 0..3 {
            let (api, name) = (platform.api.clone(), name.clone());
            impatient.spawn(async move {
                loop {
                    match api.create_tenant(Scope::Operator, new_tenant(&name)).await {
                        Err(CreateTenantError::SubdomainTaken(_)) => {}
                        other => return other,
                    }
                }
            });
        }
        let world = World::empty();
        let quarantine_until = Some(now() + TimeDelta::days(1));
        let finished = Finished { status: Status::Destroyed, quarantine_until, ..all_well(&claim, &world) };
        platform.worker.finish(&claim.lease, &finished).await.unwrap();
        for refused in impatient.join_all().await {
            assert!(matches!(refused, Err(CreateTenantError::SubdomainInQuarantine { .. })), "{refused:?}");
        }
    }
}
