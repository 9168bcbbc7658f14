//! One who does what people asked for, as the reconciler writes it down, without a world.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::image::ImageId;
use domain::tenant::{DatabaseIdentity, ReleaseRecord, Status, Step, World};
use domain::{Clock, SystemClock, SystemEntropy, TenantId};
use serde_json::Value;
use storage::{ClaimRequest, Claimed, DeploymentOutcome, Failure, Finished, LeaseOwner, Priority, Progress, Store};

pub(crate) struct Worker {
    store: Store,
    owner: LeaseOwner,
}

impl Worker {
    pub(crate) fn new(store: Store) -> Self {
        let owner = LeaseOwner(TenantId::generate(SystemClock.now(), &SystemEntropy).uuid());
        Self { store, owner }
    }

    /// Takes the tenant, which must be due.
    pub(crate) async fn claim(&self, tenant: &Value) -> Claimed {
        let request = ClaimRequest { limit: 100, background_limit: 100, lease: Duration::from_secs(60) };
        let claimed = self.store.claim_due(self.owner, request).await.unwrap();
        claimed.into_iter().find(|claimed| tenant["id"] == claimed.tenant.id.to_string()).unwrap()
    }

    /// Shows what it is at.
    pub(crate) async fn at(&self, claimed: &Claimed, step: &Step) {
        let (status, at) = (Status::Provisioning, SystemClock.now());
        let progress = Progress { step: Some(step), beside: &[], status, message: step.describe(), at };
        self.store.progress(&claimed.lease, &progress).await.unwrap();
    }

    /// Ends its work.
    pub(crate) async fn finish(&self, claimed: &Claimed, status: Status, world: &World, error: Option<&Failure>) {
        let now = SystemClock.now();
        // One that may yet succeed stays open, as in the reconciler.
        let deployment_outcome = match error {
            None => Some(DeploymentOutcome::Succeeded),
            Some(failure) => failure.permanent.then_some(DeploymentOutcome::Failed),
        };
        let finished =
            Finished { status, error, deployment_outcome, at_rest: error.is_none(), ..seen(claimed, world, now) };
        self.write(claimed, &finished).await;
    }

    /// Ends its work on a tenant that it found as it should be, then.
    pub(crate) async fn found_well(&self, claimed: &Claimed, at: DateTime<Utc>) {
        self.write(claimed, &seen(claimed, &World::empty(), at)).await;
    }

    async fn write(&self, claimed: &Claimed, finished: &Finished<'_>) {
        self.store.finish(&claimed.lease, finished).await.unwrap();
    }

    /// Notes that it has prepared the database for an image.
    pub(crate) async fn release(&self, claimed: &Claimed) {
        let image = ImageId::parse(&format!("sha256:{}", "a".repeat(64))).unwrap();
        let record = ReleaseRecord { image, database: DatabaseIdentity(1), at: SystemClock.now(), earlier: Vec::new() };
        self.store.record_release(&claimed.lease, &record).await.unwrap();
    }

    /// Begins to remove a tenant that is to go.
    pub(crate) async fn begin_removal(&self, claimed: &Claimed) {
        let inventory = serde_json::json!([{ "kind": "database" }]);
        assert!(self.store.begin_removal(&claimed.lease, &inventory, SystemClock.now()).await.unwrap());
    }

    /// Leaves a tombstone whose name nobody gets until then.
    pub(crate) async fn bury(&self, claimed: &Claimed, until: DateTime<Utc>) {
        let (world, now) = (World::empty(), SystemClock.now());
        let finished =
            Finished { status: Status::Destroyed, quarantine_until: Some(until), ..seen(claimed, &world, now) };
        self.write(claimed, &finished).await;
    }

    /// Takes a tenant and leaves it so.
    pub(crate) async fn settle(&self, tenant: &Value, status: Status) {
        let claimed = self.claim(tenant).await;
        self.finish(&claimed, status, &World::empty(), None).await;
    }
}

fn seen<'a>(claimed: &Claimed, world: &'a World, at: DateTime<Utc>) -> Finished<'a> {
    Finished {
        world,
        status: Status::Active,
        conditions: &[],
        container: None,
        observed_generation: claimed.tenant.generation,
        observed_at: at,
        ended_at: at,
        error: None,
        at_rest: true,
        next_at: SystemClock.now() + Duration::from_secs(600),
        next_priority: Priority::Background,
        event: None,
        deployment_outcome: Some(DeploymentOutcome::Succeeded),
        receipt: None,
        quarantine_until: None,
    }
}
