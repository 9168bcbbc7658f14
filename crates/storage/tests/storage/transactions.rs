use std::time::Duration;

use storage::{Action, Scope};

use crate::support::{Platform, change};

/// A client that goes away cancels its request anywhere, also while BEGIN is under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_request_leaves_no_transaction_behind() {
    let platform = Platform::start().await;
    let id = platform.tenant("study").await.id;
    let api = platform.server.store("platform_api", 2).await;
    let mut completed = 0;
    for microseconds in (0..400).map(|round| round * 5) {
        let request = api.change_tenant(Scope::All, id, change(Action::Restart));
        let answer = tokio::time::timeout(Duration::from_micros(microseconds), request).await;
        completed += i64::from(answer.is_ok_and(|changed| changed.is_ok()));
        // On whichever connection comes next: written for good, or lost in somebody else's transaction.
        api.ping().await.unwrap();
    }
    let before = api.find_tenant(Scope::All, id).await.unwrap().unwrap().generation;
    assert!(before > completed, "those that were answered are there");
    let after = api.change_tenant(Scope::All, id, change(Action::Restart)).await.unwrap().tenant.generation;
    api.close().await;
    let kept = platform.api.find_tenant(Scope::All, id).await.unwrap().unwrap().generation;
    assert_eq!((after, kept), (before + 1, after), "what was answered is committed");
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'platform' AND state LIKE 'idle in transaction%'";
    assert_eq!(platform.number(open).await, 0);
}
