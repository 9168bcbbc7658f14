use std::time::Duration;

use domain::tenant::Operation;
use domain::tenant::World;
use storage::{Bell, Doorbell, Priority, Rung, Scope};
use tokio::time::timeout;

use crate::support::{Platform, all_well, change, worker};

const SOON: Duration = Duration::from_secs(10);
const QUIET: Duration = Duration::from_millis(150);

async fn rung(bell: &mut Doorbell) -> Rung {
    timeout(SOON, bell.rung()).await.expect("the bell rings")
}

async fn is_quiet(bell: &mut Doorbell) -> bool {
    timeout(QUIET, bell.rung()).await.is_err()
}

#[tokio::test]
async fn whoever_makes_work_rings() {
    let platform = Platform::start().await;
    let mut bell = Doorbell::listen(&platform.worker, Bell::Work);
    assert_eq!(rung(&mut bell).await, Rung::Reconnected);
    let id = platform.tenant("study").await.id;
    assert_eq!(rung(&mut bell).await, Rung::Heard);
    platform.api.change_tenant(Scope::Operator, id, change(Operation::Restart)).await.unwrap();
    assert_eq!(rung(&mut bell).await, Rung::Heard);
    platform.worker.ring(id, Priority::Background).await.unwrap();
    assert_eq!(rung(&mut bell).await, Rung::Heard);
    assert!(is_quiet(&mut bell).await);
    let refused = storage::Change { expected_generation: Some(7), ..change(Operation::Stop) };
    platform.api.change_tenant(Scope::Operator, id, refused).await.unwrap_err();
    assert!(is_quiet(&mut bell).await, "what was refused makes no work");
}

#[tokio::test]
async fn who_watches_hears_what_the_worker_writes() {
    let platform = Platform::start().await;
    platform.tenant("study").await;
    let mut news = Doorbell::listen(&platform.api, Bell::News);
    let mut work = Doorbell::listen(&platform.worker, Bell::Work);
    assert_eq!((rung(&mut news).await, rung(&mut work).await), (Rung::Reconnected, Rung::Reconnected));
    let claim = platform.claim_one(worker(1)).await;
    platform.worker.finish(&claim.lease, &all_well(&claim, &World::default())).await.unwrap();
    assert_eq!(rung(&mut news).await, Rung::Heard);
    assert!(is_quiet(&mut work).await, "a converged tenant is no work");
}

#[tokio::test]
async fn many_rings_are_heard_as_few_and_a_cancelled_wait_loses_none() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let mut bell = Doorbell::listen(&platform.worker, Bell::Work);
    assert_eq!(rung(&mut bell).await, Rung::Reconnected);
    assert!(is_quiet(&mut bell).await);
    for _ in 0..50 {
        platform.worker.ring(id, Priority::People).await.unwrap();
    }
    let mut heard = 0;
    while !is_quiet(&mut bell).await {
        heard += 1;
    }
    assert!((1..50).contains(&heard), "{heard}");
}

#[tokio::test]
async fn a_killed_connection_is_replaced_and_said() {
    let platform = Platform::start().await;
    let mut bell = Doorbell::listen(&platform.worker, Bell::Work);
    assert_eq!(rung(&mut bell).await, Rung::Reconnected);
    let listening = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    for _ in 0..3 {
        assert_eq!(platform.number(listening).await, 1);
        assert_eq!(rung(&mut bell).await, Rung::Reconnected);
    }
    platform.tenant("study").await;
    assert_eq!(rung(&mut bell).await, Rung::Heard);
}
