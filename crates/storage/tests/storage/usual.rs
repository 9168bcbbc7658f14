//! What first deploys take, learned from earlier ones.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::TenantId;
use domain::app::AppName;
use domain::tenant::{Operation, Status, Step, World};
use storage::{Claimed, DeploymentOutcome, Failure, Finished, LEARNED_FROM, NewTenant, Progress, Scope, UsualStep};

use crate::finish::failure;
use crate::support::{Platform, all_well, change, member, new_tenant, now, spec, worker};

const NETWORK: Step = Step::EnsureNetwork;
const IMAGE: Step = Step::EnsureImage;

fn second(began: DateTime<Utc>, second: i64) -> DateTime<Utc> {
    began + TimeDelta::seconds(second)
}

impl Platform {
    async fn at(&self, claim: &Claimed, (step, beside): (&Step, &[Step]), at: DateTime<Utc>) {
        let progress =
            Progress { step: Some(step), beside, status: Status::Provisioning, message: step.describe(), at };
        self.worker.progress(&claim.lease, &progress).await.unwrap();
    }

    async fn ended(&self, claim: &Claimed, at: DateTime<Utc>, error: Option<&Failure>) {
        let world = World::empty();
        let outcome = if error.is_some() { DeploymentOutcome::Failed } else { DeploymentOutcome::Succeeded };
        // Not to be looked at again while the test lasts: what counts is how long after its end.
        let next_at = at + TimeDelta::hours(1);
        let deployment_outcome = Some(outcome);
        let finished = Finished { ended_at: at, error, deployment_outcome, next_at, ..all_well(claim, &world) };
        self.worker.finish(&claim.lease, &finished).await.unwrap();
    }

    async fn asked(&self, name: &str, app: &str, at: DateTime<Utc>) -> Claimed {
        let mut new = NewTenant { now: at, ..new_tenant(name) };
        new.spec.app = AppName::parse(app).unwrap();
        self.api.create_tenant(Scope::Operator, new).await.unwrap();
        self.claim_one(worker(1)).await
    }

    /// A first deploy that begins at once, takes `seconds`, and was at the image for all but the first of them.
    async fn deployed(&self, name: &str, seconds: i64) -> TenantId {
        let began = now() - TimeDelta::hours(1);
        let claim = self.asked(name, "sample", began).await;
        self.at(&claim, (&NETWORK, &[]), began).await;
        self.at(&claim, (&IMAGE, &[]), second(began, 1)).await;
        self.ended(&claim, second(began, seconds), None).await;
        claim.tenant.id
    }

    async fn usual(&self) -> Option<(u32, f64)> {
        let usual = self.api.usual_deploy(Scope::Operator, &spec().app).await.unwrap();
        usual.map(|usual| (usual.runs, usual.took.as_secs_f64()))
    }
}

#[tokio::test]
async fn the_middle_one_of_those_that_succeeded_is_the_usual_one() {
    let platform = Platform::start().await;
    assert_eq!(platform.usual().await, None);
    platform.deployed("first", 10).await;
    assert_eq!(platform.usual().await, Some((1, 10.0)));
    platform.deployed("slow", 900).await;
    platform.deployed("third", 12).await;
    assert_eq!(platform.usual().await, Some((3, 12.0)));
    // Neither one that failed, nor one under way, nor another app's, nor what came after a first deploy.
    let began = now() - TimeDelta::hours(2);
    let failed = platform.asked("failed", "sample", began).await;
    platform.ended(&failed, second(began, 5000), Some(&failure())).await;
    let other = platform.asked("other", "other", began).await;
    platform.ended(&other, second(began, 5000), None).await;
    let restarted = platform.api.change_tenant(Scope::Operator, other.tenant.id, change(Operation::Restart)).await;
    restarted.unwrap();
    let restart = platform.claim_one(worker(1)).await;
    platform.ended(&restart, second(now(), 5000), None).await;
    platform.asked("under-way", "sample", began).await;
    assert_eq!(platform.usual().await, Some((3, 12.0)));
}

#[tokio::test]
async fn the_newest_are_learned_from() {
    let platform = Platform::start().await;
    for number in 0..LEARNED_FROM {
        platform.deployed(&format!("old-{number}"), 100).await;
    }
    let runs = u32::try_from(LEARNED_FROM).unwrap();
    assert_eq!(platform.usual().await, Some((runs, 100.0)));
    // What ended later is newer: all of these end later than those.
    for number in 0..=LEARNED_FROM / 2 {
        platform.deployed(&format!("new-{number}"), 200).await;
    }
    assert_eq!(platform.usual().await, Some((runs, 200.0)));
}

#[tokio::test]
async fn a_step_lasts_until_the_next_begins_and_counts_as_it_went_the_last_time() {
    let platform = Platform::start().await;
    let began = now() - TimeDelta::hours(1);
    let claim = platform.asked("study", "sample", began).await;
    platform.at(&claim, (&NETWORK, &[]), second(began, 2)).await;
    platform.at(&claim, (&IMAGE, &[]), second(began, 3)).await;
    platform.at(&claim, (&IMAGE, &[]), second(began, 60)).await;
    let beside = [Step::EnsureRole];
    platform.at(&claim, (&Step::EnsureDatabase, &beside), second(began, 64)).await;
    platform.at(&claim, (&Step::CreateServe, &[]), second(began, 67)).await;
    platform.ended(&claim, second(began, 70), None).await;
    // Long after it: no part of it.
    let again = platform.api.change_tenant(Scope::Operator, claim.tenant.id, change(Operation::Restart)).await;
    again.unwrap();
    let restart = platform.claim_one(worker(1)).await;
    platform.at(&restart, (&NETWORK, &[]), second(began, 900)).await;
    let usual = platform.api.usual_deploy(Scope::Operator, &spec().app).await.unwrap().unwrap();
    assert_eq!((usual.runs, usual.took), (1, Duration::from_secs(70)));
    let step = |step: &Step, took, remained| UsualStep {
        name: step.name().to_owned(),
        words: step.describe().to_owned(),
        took: Duration::from_secs(took),
        remained: Duration::from_secs(remained),
    };
    let expected = [
        step(&NETWORK, 1, 68),
        step(&IMAGE, 4, 10),
        step(&Step::EnsureDatabase, 3, 6),
        step(&Step::EnsureRole, 3, 6),
        step(&Step::CreateServe, 3, 3),
    ];
    assert_eq!(usual.steps, expected);
}

#[tokio::test]
async fn everybody_learns_the_figures_and_nothing_else() {
    let platform = Platform::start().await;
    let id = platform.deployed("of-the-operator", 10).await;
    let (organisation, user) = platform.organisation("others").await;
    let app = spec().app;
    for scope in [member(organisation), Scope::User(user)] {
        let usual = platform.api.usual_deploy(scope, &app).await.unwrap().unwrap();
        assert_eq!((usual.runs, usual.took, usual.steps.len()), (1, Duration::from_secs(10), 2));
    }
    let unseen = platform.api.find_tenant(member(organisation), id).await.unwrap();
    assert_eq!(unseen, None);
}
