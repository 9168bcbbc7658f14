//! A tenant's history.

use std::time::{Duration, Instant};

use domain::tenant::Step;
use serde_json::json;

use crate::support::{Api, path};

#[tokio::test]
async fn what_happens_is_read_on_from_where_one_was() {
    let api = Api::start().await;
    let tenant = api.create("history").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    worker.at(&claimed, &Step::EnsureNetwork).await;
    worker.at(&claimed, &Step::EnsureRole).await;
    let events = format!("{}/events", path(&tenant));
    let first = api.get(&format!("{events}?limit=2")).await.body;
    let kinds = |page: &serde_json::Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&first), ["deploy", "ensure_network"]);
    assert_eq!(first["items"][1]["message"], "Preparing the network");
    let second = api.get(&format!("{events}?after={}", first["next"])).await.body;
    assert_eq!(kinds(&second), ["ensure_role"]);
    let third = api.get(&format!("{events}?after={}", second["next"])).await.body;
    assert_eq!(third, json!({ "items": [], "next": second["next"], "before": null }));
}

#[tokio::test]
async fn who_waits_is_told_as_soon_as_something_happens() {
    let api = Api::start().await;
    let tenant = api.create("history").await;
    let events = format!("{}/events", path(&tenant));
    let after = api.get(&events).await.body["next"].clone();
    let next = format!("{events}?after={after}&wait=20");
    let (answer, done) = tokio::join!(api.get(&next), async {
        let worker = api.worker();
        let claimed = worker.claim(&tenant).await;
        worker.at(&claimed, &Step::EnsureImage).await;
        Instant::now()
    });
    assert!(done.elapsed() < Duration::from_secs(10), "it was not told, but had waited enough: {:?}", done.elapsed());
    assert_eq!(answer.body["items"][0]["kind"], "ensure_image");
    let began = Instant::now();
    let none = api.get(&format!("{events}?after={}&wait=1", answer.body["next"])).await;
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(none.body["items"], json!([]));
}
