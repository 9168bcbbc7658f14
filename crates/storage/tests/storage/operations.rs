use domain::image::{ImageId, ImagePin, ImageReference};
use domain::tenant::{DesiredState, Operation, Refusal, Status, TenantSpec, Update, World};
use domain::{OrganisationId, TenantId};
use serde_json::json;
use storage::{ChangeError, Changed, DeploymentOutcome, DeploymentStatus, Finished, NewSecret, Scope, Tenant};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{Platform, all_well, change, member, now, spec, worker};

pub(crate) fn pin(spec: &TenantSpec, digit: &str) -> ImagePin {
    let id = ImageId::parse(&format!("sha256:{}", digit.repeat(64))).unwrap();
    ImagePin { reference: spec.image.clone(), id, digest: None, version: None, refreshes: spec.refreshes }
}

fn update(spec: TenantSpec) -> Operation {
    Operation::Update(Box::new(Update { spec, notes: false }))
}

impl Platform {
    async fn ask(&self, id: TenantId, operation: Operation) -> Result<Changed, ChangeError> {
        self.api.change_tenant(Scope::Operator, id, change(operation)).await
    }

    /// The worker finds the tenant as it should be, with the image its spec names or this one.
    async fn converge(&self, digit: &str) -> Tenant {
        let claim = self.claim_one(worker(1)).await;
        let spec = &claim.tenant.spec;
        self.worker.pin_image(&claim.lease, &spec.pin.clone().unwrap_or_else(|| pin(spec, digit))).await.unwrap();
        let world = World::empty();
        let status = claim.tenant.desired_state.status();
        let outcome = Some(DeploymentOutcome::Succeeded);
        let finished = Finished { status, deployment_outcome: outcome, ..all_well(&claim, &world) };
        self.worker.finish(&claim.lease, &finished).await.unwrap();
        claim.tenant
    }
}

fn image(name: &str) -> TenantSpec {
    TenantSpec { image: ImageReference::parse(name).unwrap(), ..spec() }
}

#[tokio::test]
async fn a_rollback_goes_to_what_served_last_and_was_another() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let nothing = platform.ask(id, Operation::Rollback { restore: false }).await;
    assert!(matches!(nothing, Err(ChangeError::Refused(Refusal::NothingToGoBackTo))), "{nothing:?}");
    platform.converge("a").await;
    // Neither a restart nor a stop makes another one of it, and what never served is nothing to go back to.
    for operation in [Operation::Restart, Operation::Stop, Operation::Start] {
        platform.ask(id, operation).await.unwrap();
        platform.converge("a").await;
    }
    let nothing = platform.ask(id, Operation::Rollback { restore: false }).await;
    assert!(matches!(nothing, Err(ChangeError::Refused(Refusal::NothingToGoBackTo))), "{nothing:?}");
    platform.ask(id, update(image("sample:never-served"))).await.unwrap();
    platform.ask(id, update(image("sample:2"))).await.unwrap();
    platform.converge("b").await;
    let back = platform.ask(id, Operation::Rollback { restore: false }).await.unwrap().tenant.spec;
    assert_eq!((back.image.tag(), back.pin), (Some("1"), Some(pin(&spec(), "a"))));
    platform.converge("?").await;
    // The one it came from served too, and is another.
    let forth = platform.ask(id, Operation::Rollback { restore: false }).await.unwrap().tenant.spec;
    assert_eq!((forth.image.tag(), forth.pin), (Some("2"), Some(pin(&image("sample:2"), "b"))));
}

#[tokio::test]
async fn the_same_tag_with_newer_content_is_another_image() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    platform.converge("a").await;
    let refresh = TenantSpec { refreshes: 1, ..spec() };
    platform.ask(id, update(refresh.clone())).await.unwrap();
    platform.converge("b").await;
    let back = platform.ask(id, Operation::Rollback { restore: false }).await.unwrap().tenant.spec;
    assert_eq!((back.pin, back.refreshes), (Some(pin(&spec(), "a")), 1));
}

#[tokio::test]
async fn a_cancel_goes_back_to_what_held_and_an_undo_to_what_lived() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let state = |changed: Result<Changed, ChangeError>| changed.unwrap().tenant.desired_state;
    // A first deploy was nothing before.
    assert_eq!(state(platform.ask(id, Operation::Cancel).await), DesiredState::Stopped);
    platform.converge("a").await;
    let idle = platform.ask(id, Operation::Cancel).await;
    assert!(matches!(idle, Err(ChangeError::Refused(Refusal::NothingInProgress))), "{idle:?}");
    platform.ask(id, Operation::Start).await.unwrap();
    platform.converge("a").await;
    platform.ask(id, update(image("sample:2"))).await.unwrap();
    platform.ask(id, Operation::Stop).await.unwrap();
    let back = platform.ask(id, Operation::Cancel).await.unwrap().tenant;
    assert_eq!((back.desired_state, back.spec.image.tag()), (DesiredState::Running, Some("1")));
    assert_eq!(back.spec.pin, Some(pin(&spec(), "a")));
    platform.ask(id, Operation::Destroy { after: now() + chrono::TimeDelta::hours(1) }).await.unwrap();
    platform.ask(id, Operation::Destroy { after: now() }).await.unwrap();
    let undone = platform.ask(id, Operation::Undo).await.unwrap().tenant;
    assert_eq!((undone.desired_state, undone.destroy_after), (DesiredState::Running, None));
    let deployments = platform.api.list_deployments(Scope::Operator, id, None, 1).await.unwrap();
    assert_eq!(deployments[0].metadata["back_to"], undone.generation - 3);
}

#[tokio::test]
async fn what_served_before_is_known_until_what_is_wanted_has_served() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let before = async || platform.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap().before;
    assert_eq!(before().await, None, "nothing has served");
    platform.converge("a").await;
    assert_eq!(before().await, None, "this has served");
    let changed = platform.ask(id, update(image("sample:2"))).await.unwrap().tenant;
    let served = before().await.unwrap();
    assert_eq!((served.generation, &served.spec, &served.image), (1, &spec(), &Some(pin(&spec(), "a"))));
    assert_eq!(changed.before.as_ref(), Some(&served));
    // What is stopped does not serve, and a change that never served is none to come back to.
    platform.ask(id, Operation::Stop).await.unwrap();
    assert_eq!(platform.converge("b").await.before, Some(served.clone()));
    platform.ask(id, Operation::Start).await.unwrap();
    assert_eq!(before().await, Some(served));
    platform.converge("b").await;
    assert_eq!(before().await, None);
    platform.ask(id, Operation::Restart).await.unwrap();
    assert_eq!(before().await.unwrap().spec.image.tag(), Some("2"));
}

#[tokio::test]
async fn who_may_not_see_it_is_told_nothing_and_who_looked_too_early_is_told_first() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let strangers = member(OrganisationId::from_uuid(Uuid::from_u128(2)));
    let unseen = platform.api.change_tenant(strangers, id, change(Operation::Stop)).await;
    assert!(matches!(unseen, Err(ChangeError::NotFound)), "{unseen:?}");
    let early = storage::Change { expected_generation: Some(9), ..change(Operation::Undo) };
    let early = platform.api.change_tenant(Scope::Operator, id, early).await;
    assert!(matches!(early, Err(ChangeError::GenerationMismatch { current: 1 })), "{early:?}");
    let rows = "SELECT count(*) FROM fresco.deployments";
    assert_eq!(platform.number(rows).await, 1, "what is refused leaves nothing behind");
}

#[tokio::test]
async fn a_change_brings_its_secrets_and_its_notes() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let folder = tempfile::TempDir::new().unwrap();
    let keyring = storage::Keyring::generate_file(&folder.path().join("keys"), &domain::SystemEntropy).unwrap();
    let secret = NewSecret::seal(&keyring.sealer(), id, ("env:KEY", 2), "hunter2", &domain::SystemEntropy);
    let metadata = json!({ "ticket": 7 }).as_object().cloned();
    let noted = Operation::Update(Box::new(Update { spec: spec(), notes: true }));
    let change = storage::Change { secrets: vec![secret], metadata: metadata.clone(), ..change(noted) };
    let changed = platform.api.change_tenant(Scope::Operator, id, change).await.unwrap();
    assert_eq!(Some(changed.tenant.metadata), metadata);
    let claim = platform.claim_one(worker(1)).await;
    let opened = platform.worker.open_secret(&claim.lease, ("env:KEY", 2), &keyring).await.unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&opened), "hunter2");
}

/// A pass that has read the row before a change finds out when it ends; none of what is asked for is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_and_claims_at_once_lose_nothing() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let mut changes = JoinSet::new();
    for turn in 0..6 {
        let api = platform.api.clone();
        changes.spawn(async move {
            for _ in 0..10 {
                let operation = if turn % 2 == 0 { Operation::Restart } else { Operation::Stop };
                drop(api.change_tenant(Scope::Operator, id, change(operation)).await);
                drop(api.change_tenant(Scope::Operator, id, change(Operation::Start)).await);
            }
        });
    }
    let world = World::empty();
    loop {
        let quiet = changes.is_empty();
        for claim in platform.claim(worker(1), std::time::Duration::from_secs(60)).await {
            let status = claim.tenant.desired_state.status();
            let outcome = Some(DeploymentOutcome::Succeeded);
            let finished = Finished { status, deployment_outcome: outcome, ..all_well(&claim, &world) };
            platform.worker.finish(&claim.lease, &finished).await.unwrap();
        }
        while changes.try_join_next().is_some() {}
        if quiet {
            break;
        }
    }
    let tenant = platform.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap();
    assert!(tenant.is_settled() && tenant.status == tenant.desired_state.status(), "{tenant:?}");
    let deployments = platform.api.list_deployments(Scope::Operator, id, None, 200).await.unwrap();
    assert_eq!(i64::try_from(deployments.len()).unwrap(), tenant.generation);
    assert!(deployments.iter().all(|deployment| deployment.finished_at.is_some()), "{deployments:?}");
    assert_eq!(deployments[0].status, DeploymentStatus::Succeeded);
    assert_eq!(tenant.status == Status::Active, tenant.desired_state == DesiredState::Running);
}
