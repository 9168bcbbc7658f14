//! Whether it lives, and whether it can work.

use crate::support::Api;

#[tokio::test]
async fn it_lives_and_can_work() {
    let api = Api::start().await;
    assert_eq!(api.get("/healthz").await.body["status"], "ok");
    assert_eq!(api.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn without_a_database_it_lives_but_cannot_work() {
    let mut api = Api::start().await;
    api.database.stop().await;
    api.get("/readyz").await.is_problem(503, "database_unavailable");
    assert_eq!(api.get("/healthz").await.status, 200);
    let listed = api.get("/api/v1/tenants").await;
    listed.is_problem(503, "database_unavailable");
    assert_eq!(listed.header("retry-after"), "2");
    assert!(!listed.text.contains("127.0.0.1"), "internals stay inside: {}", listed.text);
}

#[tokio::test]
async fn about_to_end_it_takes_no_more_work() {
    let api = Api::start().await;
    api.stop.cancel();
    api.get("/readyz").await.is_problem(503, "not_ready");
}
