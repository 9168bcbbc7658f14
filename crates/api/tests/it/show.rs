//! One tenant.

use std::time::Duration;

use domain::image::{ImageId, ImagePin, ImageReference};
use domain::tenant::{Status, Step};
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
    let runs = r#"[{"kind": "running", "holds": "true", "since": "2026-11-01T00:00:00Z"}]"#;
    api.database.superuser().ask(&format!("UPDATE fresco.tenants SET conditions = '{runs}'")).await;
    let shown = api.get(&path(&tenant)).await.body;
    assert_eq!((&shown["status"], &shown["conditions"][0]["holds"]), (&json!("unknown"), &json!("unknown")));
    // Its container runs, for all that is known its database does not.
    api.database.worker.mark_looked(SystemClock.now(), false).await.unwrap();
    assert_eq!(api.get(&path(&tenant)).await.body["status"], "unknown");
    assert_eq!(api.get("/api/v1/tenants?status=active").await.body["items"], json!([]));
    // A look at everything that found nothing amiss keeps it fresh.
    api.database.worker.mark_looked(SystemClock.now(), true).await.unwrap();
    let fresh = api.get(&path(&tenant)).await.body;
    assert_eq!((&fresh["status"], &fresh["conditions"][0]["holds"]), (&json!("active"), &json!("true")));
    assert!(fresh["observed_at"].as_str() > shown["observed_at"].as_str());
    assert_eq!(api.get("/api/v1/tenants").await.body["items"], json!([fresh]));
}

#[tokio::test]
async fn work_that_nobody_is_at_any_more_is_not_shown_as_going_on() {
    let api = Api::start().await;
    let worker = api.worker();
    let at_work = api.create("at-work").await;
    let claimed = worker.claim(&at_work).await;
    worker.at(&claimed, &Step::EnsureImage).await;
    let failed = api.create("failed").await;
    worker.settle(&failed, Status::Error).await;
    let well = api.create("well").await;
    worker.settle(&well, Status::Active).await;
    let statuses = async || {
        let of = async |tenant| {
            let status = api.get(&path(tenant)).await.body["status"].as_str().unwrap().to_owned();
            let listed = api.get(&format!("/api/v1/tenants?status={status}")).await;
            assert!(listed.text.contains(tenant["id"].as_str().unwrap()), "{status}: {}", listed.text);
            status
        };
        let all = [of(&at_work).await, of(&failed).await, of(&well).await];
        for status in ["provisioning", "error", "active", "unknown"] {
            let listed = api.get(&format!("/api/v1/tenants?status={status}")).await.body;
            let expected = all.iter().filter(|shown| *shown == status).count();
            assert_eq!(listed["items"].as_array().unwrap().len(), expected, "{status}: {listed}");
        }
        all
    };
    assert_eq!(statuses().await, ["provisioning", "error", "active"]);
    let long_ago = "now() - interval '10 min'";
    let age = format!(
        "UPDATE fresco.tenants SET updated_at = {long_ago}, observed_at = CASE WHEN observed_at IS NOT NULL THEN {long_ago} \
         END, step_started_at = CASE WHEN step_started_at IS NOT NULL THEN {long_ago} END"
    );
    api.database.superuser().ask(&age).await;
    assert_eq!(statuses().await, ["unknown", "unknown", "unknown"]);
    // A long step of somebody who is there.
    api.database.worker.mark_looked(SystemClock.now(), true).await.unwrap();
    assert_eq!(statuses().await, ["provisioning", "error", "active"]);
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
    api.database.worker.mark_looked(SystemClock.now(), true).await.unwrap();
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
