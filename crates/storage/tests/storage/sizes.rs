//! What tenants keep on disk: what is due to be measured, and what is shown of it.

use chrono::TimeDelta;
use domain::TenantId;
use domain::app::Isolation;
use domain::tenant::{Operation, Status, World};
use storage::{DueSize, Finished, Measured, NewTenant, Scope, SeenSizes, Sizes};

use crate::support::{Platform, all_well, change, member, new_tenant, now, worker};

const SEEN: SeenSizes = SeenSizes { database: Some(8_000_000), logs: Some(1_200), dumps: Some(0) };

impl Platform {
    async fn due(&self) -> Vec<DueSize> {
        self.worker.due_sizes(now() - TimeDelta::minutes(15), 10).await.unwrap()
    }

    async fn sizes(&self, scope: Scope, tenant: TenantId) -> Option<Sizes> {
        self.api.sizes_of(scope, &[tenant]).await.unwrap().pop().map(|(_, sizes)| sizes)
    }

    async fn bury(&self, tenant: TenantId) {
        self.api.change_tenant(Scope::Operator, tenant, change(Operation::Destroy { after: now() })).await.unwrap();
        let claim = self.claim_one(worker(1)).await;
        let world = World::empty();
        let finished = Finished { status: Status::Destroyed, ..all_well(&claim, &world) };
        self.worker.finish(&claim.lease, &finished).await.unwrap();
    }
}

#[tokio::test]
async fn who_was_never_measured_is_first_and_who_was_long_ago_is_next() {
    let platform = Platform::start().await;
    let names = ["fresh", "oldest", "never", "old"];
    let mut ids = Vec::new();
    for name in names {
        ids.push(platform.tenant(name).await.id);
    }
    for (id, age) in ids.iter().zip([Some(1), Some(60), None, Some(30)]) {
        if let Some(age) = age {
            platform.worker.note_sizes(*id, SEEN, now() - TimeDelta::minutes(age)).await.unwrap();
        }
    }
    let due: Vec<TenantId> = platform.due().await.into_iter().map(|due| due.tenant).collect();
    assert_eq!(due, [ids[2], ids[1], ids[3]]);
    let one = platform.worker.due_sizes(now(), 1).await.unwrap();
    assert_eq!(one, [DueSize { tenant: ids[2], isolation: Isolation::Database }]);
}

#[tokio::test]
async fn what_could_not_be_measured_stays_as_it_was_and_as_old() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    assert_eq!(platform.sizes(Scope::Operator, id).await, None);
    // To the microsecond, as PostgreSQL keeps it.
    let first = now() - TimeDelta::hours(1);
    let nothing = SeenSizes::default();
    platform.worker.note_sizes(id, nothing, first).await.unwrap();
    assert_eq!(platform.sizes(Scope::Operator, id).await, Some(Sizes::default()), "nothing could be told");
    platform.worker.note_sizes(id, SEEN, first).await.unwrap();
    let later = now();
    let seen = SeenSizes { database: None, logs: Some(2_000), dumps: None };
    platform.worker.note_sizes(id, seen, later).await.unwrap();
    let shown = platform.sizes(Scope::Operator, id).await.unwrap();
    let measured = |bytes, at| Some(Measured { bytes, at });
    let expected =
        Sizes { database: measured(8_000_000, first), logs: measured(2_000, later), dumps: measured(0, first) };
    assert_eq!(shown, expected);
    assert_eq!(platform.due().await, [], "it was looked at");
}

#[tokio::test]
async fn they_are_shown_to_whom_the_tenant_is_until_its_end() {
    let platform = Platform::start().await;
    let (mine, me) = platform.organisation("mine").await;
    let (other, _) = platform.organisation("other").await;
    let new = NewTenant { organisation: mine, owner: me, ..new_tenant("study") };
    let id = platform.api.create_tenant(member(mine), new).await.unwrap().id;
    platform.worker.note_sizes(id, SEEN, now()).await.unwrap();
    assert!(platform.sizes(member(mine), id).await.is_some());
    assert_eq!(platform.sizes(member(other), id).await, None);
    platform.bury(id).await;
    assert_eq!(platform.sizes(member(mine), id).await, None);
    assert_eq!(platform.due().await, []);
    assert_eq!(platform.worker.forget_sizes_of_destroyed().await.unwrap(), 1);
    platform.worker.note_sizes(id, SEEN, now()).await.unwrap();
    assert_eq!(platform.worker.forget_sizes_of_destroyed().await.unwrap(), 0, "nothing is noted of a tombstone");
}
