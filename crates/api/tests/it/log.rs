//! What the log tells, and what it keeps to itself.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::support::{Api, Log};

#[tokio::test]
async fn it_names_requests_and_causes_and_no_secret_at_any_level() {
    let mut api = Api::start().await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
    // The test's runtime has one thread, so this holds for all it does.
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(move || writer.clone()).finish());

    let environment = json!({ "S3_SECRET_ACCESS_KEY": "hunter2" });
    let body = json!({ "subdomain": "logged", "app": "sample", "environment": environment });
    assert_eq!(api.post("/api/v1/tenants", &body).await.status, 202);
    api.database.stop().await;
    let failing = api.request(Method::GET, "/api/v1/tenants").header("x-request-id", "find-me");
    api.ask(failing.body(Body::empty()).unwrap()).await.is_problem(503, "database_unavailable");

    let text = log.text();
    for told in ["/api/v1/tenants", "status=202", "request.id=find-me", "code=\"database_unavailable\"", "causes="] {
        assert!(text.contains(told), "{told} is not in\n{text}");
    }
    let key = api.authorization();
    for secret in ["hunter2", &key[key.len() - 64..]] {
        assert!(!text.contains(secret), "a secret is in\n{text}");
    }
}
