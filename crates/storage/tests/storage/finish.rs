use chrono::TimeDelta;
use domain::image::{ImageId, ImagePin, ImageReference};
use domain::tenant::{ContainerId, DatabaseIdentity, Observed, Operation, Refusal, ReleaseRecord, Status, World};
use storage::{
    Action, ChangeError, DeploymentOutcome, DeploymentStatus, Failure, Finished, NewEvent, Priority, Scope,
    StorageError,
};

use crate::support::{Platform, all_well, change, new_tenant, now, worker};

pub(crate) fn failure() -> Failure {
    Failure {
        step: Some("create_serve".into()),
        cause: "the engine has no room".into(),
        remedy: Some("free some".into()),
        permanent: false,
        last_lines: vec!["ENOSPC".into()],
        at: now(),
    }
}

#[tokio::test]
async fn a_success_leaves_the_row_as_it_was_seen() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let claim = platform.claim_one(worker(1)).await;
    let container = ContainerId::parse(&"ab".repeat(32)).unwrap();
    let world = World { network: Observed::Present(()), ..World::empty() };
    let conditions = domain::tenant::conditions(&world, &[], now());
    let event = NewEvent { kind: "active", message: "Ready".into(), data: serde_json::json!({ "seconds": 4 }) };
    let finished = Finished {
        conditions: &conditions,
        container: Some(&container),
        event: Some(event),
        deployment_outcome: Some(DeploymentOutcome::Succeeded),
        observed_at: now(),
        ended_at: now(),
        ..all_well(&claim, &world)
    };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    let tenant = platform.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap();
    assert_eq!((tenant.status, &tenant.observed, tenant.observed_generation), (Status::Active, &world, 1));
    assert_eq!((tenant.container.as_ref(), &tenant.conditions), (Some(&container), &conditions));
    assert_eq!((tenant.last_deployed_at, tenant.last_error), (Some(finished.ended_at), None));
    let deployment = platform.api.list_deployments(Scope::Operator, id, None, 10).await.unwrap().remove(0);
    assert_eq!((deployment.status, deployment.finished_at), (DeploymentStatus::Succeeded, tenant.last_deployed_at));
    let events = platform.api.list_events(Scope::Operator, id, None, 10).await.unwrap();
    assert_eq!(events.last().unwrap().message, "Ready");
}

#[tokio::test]
async fn a_failure_keeps_the_deployment_open_until_it_is_given_up() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let failure = failure();
    let world = World::default();
    for outcome in [None, Some(DeploymentOutcome::Failed)] {
        let claim = platform.claim_one(worker(1)).await;
        let status = Status::Error;
        let finished = Finished {
            status,
            error: Some(&failure),
            at_rest: false,
            next_at: now(),
            deployment_outcome: outcome,
            ..all_well(&claim, &world)
        };
        platform.worker.finish(&claim.lease, &finished).await.unwrap();
        let deployment = platform.api.list_deployments(Scope::Operator, id, None, 10).await.unwrap().remove(0);
        let (status, error) = match outcome {
            None => (DeploymentStatus::Running, None),
            Some(_) => (DeploymentStatus::Failed, Some(failure.clone())),
        };
        assert_eq!((deployment.status, deployment.error), (status, error));
    }
    let tenant = platform.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap();
    assert_eq!((tenant.attempt, tenant.last_error), (2, Some(failure)));
    assert!(tenant.next_attempt_at.is_some());
}

#[tokio::test]
async fn a_deployment_that_was_given_up_and_comes_right_all_the_same_has_succeeded() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let (failure, world) = (failure(), World::default());
    let claim = platform.claim_one(worker(1)).await;
    let given_up = Finished {
        status: Status::Error,
        error: Some(&failure),
        at_rest: false,
        next_at: now(),
        deployment_outcome: Some(DeploymentOutcome::Failed),
        ..all_well(&claim, &world)
    };
    platform.worker.finish(&claim.lease, &given_up).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    let right = Finished { deployment_outcome: Some(DeploymentOutcome::Succeeded), ..all_well(&claim, &world) };
    platform.worker.finish(&claim.lease, &right).await.unwrap();
    let deployment = platform.api.list_deployments(Scope::Operator, id, None, 10).await.unwrap().remove(0);
    assert_eq!((deployment.status, deployment.error), (DeploymentStatus::Succeeded, None));
    let tenant = platform.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap();
    assert_eq!(tenant.last_deployed_at, deployment.finished_at);
}

#[tokio::test]
async fn an_older_deployment_is_superseded() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    platform.api.change_tenant(Scope::Operator, id, change(Operation::Restart)).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    let world = World::default();
    let finished = Finished { deployment_outcome: Some(DeploymentOutcome::Succeeded), ..all_well(&claim, &world) };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    let deployments = platform.api.list_deployments(Scope::Operator, id, None, 10).await.unwrap();
    let statuses: Vec<_> = deployments.iter().map(|deployment| (deployment.action, deployment.status)).collect();
    let expected = [(Action::Restart, DeploymentStatus::Succeeded), (Action::Deploy, DeploymentStatus::Superseded)];
    assert_eq!(statuses, expected);
}

#[tokio::test]
async fn a_tombstone_frees_its_name_and_never_comes_back() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let destroy = change(Operation::Destroy { after: now() });
    platform.api.change_tenant(Scope::Operator, id, destroy).await.unwrap();
    let claim = platform.claim_one(worker(1)).await;
    let impatient = change(Operation::Destroy { after: now() - TimeDelta::hours(1) });
    platform.api.change_tenant(Scope::Operator, id, impatient).await.unwrap();
    let world = World::empty();
    let finished = Finished {
        status: Status::Destroyed,
        next_at: now(),
        deployment_outcome: Some(DeploymentOutcome::Succeeded),
        ..all_well(&claim, &world)
    };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    let deployments = platform.api.list_deployments(Scope::Operator, id, None, 10).await.unwrap();
    assert!(deployments.iter().all(|deployment| deployment.finished_at.is_some()), "{deployments:?}");
    let tombstone = platform.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap();
    assert!(tombstone.destroyed_at.is_some());
    for priority in [Priority::People, Priority::Background] {
        platform.worker.ring(id, priority).await.unwrap();
    }
    assert!(platform.claim(worker(1), std::time::Duration::from_secs(60)).await.is_empty());
    assert_eq!(platform.worker.next_due().await.unwrap(), None);
    let refused =
        platform.api.change_tenant(Scope::Operator, id, change(Operation::Destroy { after: now() })).await.unwrap_err();
    assert!(matches!(refused, ChangeError::Refused(Refusal::Destroyed)), "{refused}");
    platform.api.create_tenant(Scope::Operator, new_tenant("study")).await.unwrap();
}

#[tokio::test]
async fn image_and_release_are_there_at_the_next_claim() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let claim = platform.claim_one(worker(1)).await;
    assert_eq!((claim.released.as_ref(), claim.releases), (None, 0));
    let image = |digit: &str| ImageId::parse(&format!("sha256:{}", digit.repeat(64))).unwrap();
    let reference = ImageReference::parse("sample:1").unwrap();
    let pin = ImagePin { reference, id: image("a"), digest: None, version: None, refreshes: 0 };
    platform.worker.pin_image(&claim.lease, &pin).await.unwrap();
    let at = now();
    let record = |digit: &str| ReleaseRecord {
        image: image(digit),
        database: DatabaseIdentity(u32::MAX),
        at,
        earlier: Vec::new(),
    };
    for digit in ["a", "a", "b"] {
        platform.worker.record_release(&claim.lease, &record(digit)).await.unwrap();
    }
    let reread = platform.worker.reread(&claim.lease).await.unwrap();
    assert_eq!(reread.pinned_image, Some(pin));
    platform.worker.release_claims(worker(1)).await.unwrap();
    let again = platform.claim_one(worker(1)).await;
    let both = ReleaseRecord { earlier: vec![image("a")], ..record("b") };
    assert_eq!((again.released, again.releases), (Some(both), 2), "the same release counts once");
    let releases = platform.api.list_releases(Scope::Operator, again.tenant.id, 10).await.unwrap();
    assert_eq!(releases.iter().map(|release| release.number).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn a_database_that_is_gone_is_unavailable() {
    let test_cluster::Platform { api, server, .. } = test_cluster::Platform::start().await;
    drop(server);
    let error = api.find_tenant(Scope::Operator, new_tenant("study").id).await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { .. }), "{error:?}");
}
