use std::pin::pin;
use std::time::{Duration, Instant};

use domain::tenant::Operation;
use futures_util::FutureExt;
use sqlx::PgConnection;
use storage::Scope;

use crate::support::{Platform, change, connect};

/// A client that goes away cancels its request anywhere, also while BEGIN is under way. sqlx alone would leave the
/// transaction open on a pooled connection, and lose the next user's writes in it.
#[tokio::test]
async fn a_cancelled_request_leaves_no_transaction_behind() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let api = platform.server.store("platform_api", 1).await;
    let mut superuser = connect(&platform.superuser_url()).await;
    let mut answered = 0;
    for round in 0..120 {
        let request = api.change_tenant(Scope::Operator, id, change(Operation::Restart));
        answered += i64::from(polled(request, round % 12).await.is_some_and(|changed| changed.is_ok()));
        none_stays_open(&mut superuser).await;
    }
    let generation = api.find_tenant(Scope::Operator, id).await.unwrap().unwrap().generation;
    assert!(generation > answered, "what was answered is committed: {answered}, {generation}");
    let changed = api.change_tenant(Scope::Operator, id, change(Operation::Restart)).await.unwrap();
    assert_eq!(changed.tenant.generation, generation + 1);
}

/// Polls a future so often, with a moment between, and then drops it.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    let mut future = pin!(future);
    for _ in 0..times {
        if let Some(answer) = future.as_mut().now_or_never() {
            return Some(answer);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

async fn none_stays_open(superuser: &mut PgConnection) {
    let deadline = Instant::now() + Duration::from_secs(5);
    let open =
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'platform_api' AND state LIKE 'idle in transaction%'";
    while sqlx::query_scalar::<_, i64>(open).fetch_one(&mut *superuser).await.unwrap() > 0 {
        assert!(Instant::now() < deadline, "a transaction stays open");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
