//! Who is to be asked whether they have been set up.

use chrono::TimeDelta;
use domain::TenantId;
use domain::tenant::{ContainerId, World};
use storage::{Finished, NewGateKey, Scope, Unvisited};

use crate::operations::pin;
use crate::support::{Platform, all_well, now, spec, worker};

fn ids(tenants: &[Unvisited]) -> Vec<TenantId> {
    tenants.iter().map(|tenant| tenant.id).collect()
}

/// One that runs.
async fn running(platform: &Platform, name: &str) -> TenantId {
    let id = platform.tenant(name).await.id;
    let claim = platform.claim_one(worker(1)).await;
    platform.worker.pin_image(&claim.lease, &pin(&spec(), "a")).await.unwrap();
    let (world, container) = (World::empty(), ContainerId::parse(&"ab".repeat(32)).unwrap());
    let finished = Finished { container: Some(&container), ..all_well(&claim, &world) };
    platform.worker.finish(&claim.lease, &finished).await.unwrap();
    id
}

#[tokio::test]
async fn those_that_run_and_are_not_known_to_be_set_up_are_told_in_pages() {
    let platform = Platform::start().await;
    let set_up = running(&platform, "set-up").await;
    platform.worker.mark_set_up(Scope::Operator, set_up, "Set up", now()).await.unwrap();
    platform.claim_one(worker(2)).await;
    platform.tenant("pending").await;
    platform.claim_one(worker(2)).await;
    let mut running = [running(&platform, "one").await, running(&platform, "two").await];
    running.sort_unstable();
    let (mut told, mut last) = (vec![], None);
    for is_last in [false, true] {
        let (page, next) = platform.worker.not_set_up(last, 3).await.unwrap();
        assert!(next.is_none() == is_last && page.iter().all(|one| Some(one.id) > last && one.app == spec().app));
        told.extend(page);
        last = next;
    }
    assert_eq!(told.iter().map(|one| &one.image).collect::<Vec<_>>(), [&pin(&spec(), "a"); 2]);
    told.sort_unstable_by_key(|one| one.id);
    assert_eq!(ids(&told), running);
    assert_eq!(platform.worker.not_set_up(Some(running[1]), 3).await.unwrap().1, None);
}

#[tokio::test]
async fn an_owner_may_be_at_it_while_their_session_is_good() {
    let platform = Platform::start().await;
    let id = running(&platform, "study").await;
    running(&platform, "other").await;
    let now = now();
    let key = |first| NewGateKey { hash: [first; 32], now, expires_at: now + TimeDelta::hours(1) };
    platform.api.add_claim_link(Scope::Operator, id, key(1)).await.unwrap();
    assert_eq!(platform.worker.being_set_up(now).await.unwrap(), [], "a link alone is no visit");
    assert!(platform.api.exchange_claim_link(id, [1; 32], key(2)).await.unwrap());
    assert_eq!(ids(&platform.worker.being_set_up(now).await.unwrap()), [id]);
    assert_eq!(platform.worker.being_set_up(now + TimeDelta::hours(2)).await.unwrap(), []);
    platform.worker.mark_set_up(Scope::Operator, id, "Set up", now).await.unwrap();
    assert_eq!(platform.worker.being_set_up(now).await.unwrap(), []);
}
