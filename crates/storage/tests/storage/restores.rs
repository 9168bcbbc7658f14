//! Older data: which dump going back means, and what is no longer so when they are back.

use chrono::{DateTime, TimeDelta, Utc};
use domain::image::{ImageId, ImageReference};
use domain::tenant::{
    DatabaseIdentity, Operation, Refusal, ReleaseRecord, Restoration, RestorationStage, RestoreWish, TenantSpec,
    Update, World,
};
use storage::{ChangeError, ClaimError, Claimed, DeploymentOutcome, Finished, Scope, Tenant};

use crate::support::{Platform, all_well, change, now, spec, worker};

fn record(digit: &str, at: DateTime<Utc>) -> ReleaseRecord {
    let image = ImageId::parse(&format!("sha256:{}", digit.repeat(64))).unwrap();
    ReleaseRecord { image, database: DatabaseIdentity(1), at, earlier: Vec::new() }
}

/// The worker runs a release, if given, and finds the tenant as it should be.
async fn converge(platform: &Platform, release: Option<&str>) -> Claimed {
    let claim = platform.claim_one(worker(1)).await;
    if let Some(digit) = release {
        platform.worker.record_release(&claim.lease, &record(digit, now())).await.unwrap();
    }
    let world = World::empty();
    let outcome = Some(DeploymentOutcome::Succeeded);
    let status = claim.tenant.desired_state.status();
    let finished = Finished { status, deployment_outcome: outcome, ..all_well(&claim, &world) };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    claim
}

async fn update(platform: &Platform, tenant: &Tenant, image: &str) {
    let spec = TenantSpec { image: ImageReference::parse(image).unwrap(), ..spec() };
    let update = Operation::Update(Box::new(Update { spec, notes: false }));
    platform.api.change_tenant(Scope::Operator, tenant.id, change(update)).await.unwrap();
}

/// Released as `a` with the first generation, as `b` and `c` with the two after it.
async fn released_three_times() -> (Platform, Tenant) {
    let platform = Platform::start().await;
    let tenant = platform.tenant("study").await;
    converge(&platform, Some("a")).await;
    update(&platform, &tenant, "sample:2").await;
    converge(&platform, Some("b")).await;
    update(&platform, &tenant, "sample:3").await;
    converge(&platform, Some("c")).await;
    (platform, tenant)
}

#[tokio::test]
async fn going_back_with_the_data_means_the_first_release_since_and_not_going_back_again() {
    let (platform, tenant) = released_three_times().await;
    let back = async |restore| {
        let answer =
            platform.api.change_tenant(Scope::Operator, tenant.id, change(Operation::Rollback { restore })).await;
        answer.map(|changed| changed.tenant.spec)
    };
    let spec = back(true).await.unwrap();
    assert_eq!(spec.image.as_str(), "sample:2");
    assert_eq!(spec.restore, Some(RestoreWish { asked: 4, before_release: 3 }));
    let claim = platform.claim_one(worker(1)).await;
    let wish = spec.restore.unwrap();
    platform.worker.begin_restoration(&claim.lease, wish).await.unwrap();
    platform.worker.complete_restoration(&claim.lease, wish, (now(), now())).await.unwrap();
    let world = World::empty();
    let outcome = Some(DeploymentOutcome::Succeeded);
    platform
        .worker
        .finish(&claim.lease, &Finished { deployment_outcome: outcome, ..all_well(&claim, &world) })
        .await
        .unwrap();
    // What served before is `c`, whose release is undone by now.
    let refused = back(true).await;
    assert!(matches!(refused, Err(ChangeError::Refused(Refusal::NothingToRestore))), "{refused:?}");
    assert_eq!(back(false).await.unwrap().image.as_str(), "sample:3");
}

#[tokio::test]
async fn what_was_released_on_data_that_are_gone_counts_no_more_and_its_number_is_not_given_again() {
    let (platform, tenant) = released_three_times().await;
    platform.worker.ring(tenant.id, storage::Priority::People).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    let images = |released: &Option<ReleaseRecord>| {
        let released = released.as_ref().unwrap();
        [&released.image]
            .into_iter()
            .chain(&released.earlier)
            .map(|image| image.as_str()[7..8].to_owned())
            .collect::<String>()
    };
    assert_eq!((images(&claim.released).as_str(), claim.releases), ("cba", 3));
    let wish = RestoreWish { asked: 4, before_release: 2 };
    platform.worker.begin_restoration(&claim.lease, wish).await.unwrap();
    let begun = platform.worker.reread(&claim.lease).await.unwrap().restoration;
    assert_eq!(begun, Some(Restoration { wish, stage: RestorationStage::Begun }));
    assert_eq!(images(&platform.worker.newest_release(tenant.id).await.unwrap()), "cba", "nothing is undone yet");
    for _ in 0..2 {
        platform.worker.complete_restoration(&claim.lease, wish, (now(), now())).await.unwrap();
    }
    assert_eq!(images(&platform.worker.newest_release(tenant.id).await.unwrap()), "a");
    let done = platform.worker.reread(&claim.lease).await.unwrap().restoration;
    assert_eq!(done, Some(Restoration { wish, stage: RestorationStage::Done }));

    // The very release that was the newest and is undone is made again, under a number of its own.
    platform.worker.record_release(&claim.lease, &record("c", now())).await.unwrap();
    platform.worker.finish(&claim.lease, &all_well(&claim, &World::empty())).await.unwrap();
    platform.worker.ring(tenant.id, storage::Priority::People).await.unwrap();
    let again = platform.claim_one(worker(1)).await;
    assert_eq!((images(&again.released).as_str(), again.releases), ("ca", 4));
}

#[tokio::test]
async fn one_set_up_after_the_dump_is_not_known_to_be_and_one_before_it_is() {
    for (minutes, known) in [(10, true), (-10, false)] {
        let (platform, tenant) = released_three_times().await;
        let set_up_at = now();
        platform.worker.mark_set_up(Scope::Operator, tenant.id, "set up", set_up_at).await.unwrap();
        let claim = platform.claim_one(worker(1)).await;
        let (wish, taken_at) = (RestoreWish { asked: 4, before_release: 2 }, set_up_at + TimeDelta::minutes(minutes));
        platform.worker.complete_restoration(&claim.lease, wish, (taken_at, now())).await.unwrap();
        assert_eq!(platform.worker.reread(&claim.lease).await.unwrap().first_run.is_set_up(), known);
    }
}

#[tokio::test]
async fn a_late_holder_notes_nothing() {
    let (platform, tenant) = released_three_times().await;
    platform.worker.ring(tenant.id, storage::Priority::People).await.unwrap();
    let late = platform.claim_one(worker(1)).await;
    platform.worker.release_claims(worker(1)).await.unwrap();
    let wish = RestoreWish { asked: 4, before_release: 2 };
    let begun = platform.worker.begin_restoration(&late.lease, wish).await;
    assert!(matches!(begun, Err(ClaimError::Lost)), "{begun:?}");
    let done = platform.worker.complete_restoration(&late.lease, wish, (now(), now())).await;
    assert!(matches!(done, Err(ClaimError::Lost)), "{done:?}");
    assert_eq!(platform.number("SELECT count(*) FROM fresco.tenant_releases WHERE undone_at IS NOT NULL").await, 0);
}
