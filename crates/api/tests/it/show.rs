//! One tenant.

use std::time::Duration;

use domain::image::{ImageId, ImagePin, ImageReference};
use domain::{Clock, SystemClock};
use serde_json::json;

use crate::support::{Api, path};

#[tokio::test]
async fn a_green_status_is_no_older_than_its_look() {
    let api = Api::start().await;
    let tenant = api.create("green").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    let long_ago = SystemClock.now() - Duration::from_secs(600);
    worker.found_well(&claimed, long_ago).await;
    let shown = api.get(&path(&tenant)).await.body;
    assert_eq!(shown["status"], "unknown");
    // A look at all containers that found nothing amiss keeps it fresh.
    api.database.worker.mark_looked(SystemClock.now()).await.unwrap();
    let fresh = api.get(&path(&tenant)).await.body;
    assert_eq!(fresh["status"], "active");
    assert!(fresh["observed_at"].as_str() > shown["observed_at"].as_str());
    assert_eq!(api.get("/api/v1/tenants").await.body["items"], json!([fresh]));
}

/// What was seen before is dated later than now.
#[tokio::test]
async fn a_clock_that_was_set_back_hides_nothing_once_everything_was_looked_at_again() {
    let api = Api::start().await;
    let tenant = api.create("ahead").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    worker.found_well(&claimed, SystemClock.now() + Duration::from_secs(7200)).await;
    assert_eq!(api.get(&path(&tenant)).await.body["status"], "unknown");
    api.database.worker.mark_looked(SystemClock.now()).await.unwrap();
    assert_eq!(api.get(&path(&tenant)).await.body["status"], "active");
}

#[tokio::test]
async fn once_the_image_is_known_so_are_its_version_and_its_limits() {
    let api = Api::start().await;
    let wish = json!({ "subdomain": "pinned", "app": "sample", "limits": { "memory": "384MiB" } });
    let tenant = api.post("/api/v1/tenants", &wish).await.body["tenant"].clone();
    assert_eq!((&tenant["version"], &tenant["limits"]), (&json!(null), &json!(null)));
    let pin = ImagePin {
        reference: ImageReference::parse(tenant["image"].as_str().unwrap()).unwrap(),
        id: ImageId::parse(&format!("sha256:{}", "a".repeat(64))).unwrap(),
        digest: None,
        version: Some("4.0.0".parse().unwrap()),
        refreshes: 0,
    };
    let claimed = api.worker().claim(&tenant).await;
    api.database.worker.pin_image(&claimed.lease, &pin).await.unwrap();
    let shown = api.get(&path(&tenant)).await.body;
    assert_eq!(shown["version"], "4.0.0");
    assert_eq!(shown["limits"], json!({ "memory": "384MiB", "memory_swap": "384MiB", "cpus": 0.5, "pids": 100 }));
}
