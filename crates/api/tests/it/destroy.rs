//! Asking for a tenant's end.

use chrono::{DateTime, TimeDelta, Utc};
use domain::tenant::Status;
use domain::{Clock, SystemClock};
use serde_json::json;

use crate::support::{Api, path};

#[tokio::test]
async fn only_its_name_confirms_it() {
    let api = Api::start().await;
    let tenant = api.create("doomed").await;
    let destroy = format!("{}/destroy", path(&tenant));
    for wrong in ["", "Doomed", "doomed ", "yes"] {
        let answer = api.post(&destroy, &json!({ "confirmation": wrong })).await;
        answer.is_problem(422, "confirmation_mismatch");
        assert_eq!(answer.body["errors"][0]["pointer"], "#/confirmation");
        assert!(answer.text.contains("`doomed`"));
    }
    api.post(&destroy, &json!({})).await.is_problem(422, "invalid_request");
    assert_eq!(api.get(&path(&tenant)).await.body["generation"], 1);
}

#[tokio::test]
async fn it_is_asked_for_once_and_ends_as_a_tombstone() {
    let api = Api::start().await;
    let tenant = api.create("doomed").await;
    let destroy = format!("{}/destroy", path(&tenant));
    let confirmation = json!({ "confirmation": "doomed" });
    let accepted = api.post(&destroy, &confirmation).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    assert_eq!(accepted.body["generation"], 2);
    assert_eq!(accepted.body["tenant"]["desired_state"], "destroyed");
    let again = api.post(&destroy, &confirmation).await;
    assert!(again.is_problem(409, "already_destroyed").text.contains("being destroyed"));
    api.worker().settle(&tenant, Status::Destroyed).await;
    let again = api.post(&destroy, &confirmation).await;
    assert!(again.is_problem(409, "already_destroyed").text.contains("nothing is left of it"));
    let tombstone = api.get(&path(&tenant)).await;
    assert_eq!(tombstone.body["status"], "destroyed");
    assert!(tombstone.body["destroyed_at"].is_string());
    assert_ne!(api.create("doomed").await["id"], tenant["id"], "a tombstone gives its name free");
}

#[tokio::test]
async fn it_can_be_undone_in_its_time_and_hurried() {
    let api = Api::start().await;
    let tenant = api.create("regretted").await;
    api.worker().settle(&tenant, Status::Active).await;
    let (destroy, undo) = (format!("{}/destroy", path(&tenant)), format!("{}/undo-destroy", path(&tenant)));
    let confirmation = json!({ "confirmation": "regretted" });
    let doomed = api.post(&destroy, &confirmation).await.body;
    let after: DateTime<Utc> = doomed["tenant"]["destroy_after"].as_str().unwrap().parse().unwrap();
    let left = after - SystemClock.now();
    assert!(left > TimeDelta::hours(23) && left <= TimeDelta::hours(24), "{left}");
    let refused = api.post(&format!("{}/start", path(&tenant)), &json!({})).await;
    assert!(refused.is_problem(409, "being_destroyed").text.contains("undo that first"));
    let undone = api.post(&undo, &json!({})).await;
    assert_eq!(undone.body["tenant"]["desired_state"], "running", "{}", undone.text);
    assert_eq!(undone.body["tenant"]["destroy_after"], json!(null));
    api.post(&destroy, &confirmation).await;
    let hurried = api.post(&destroy, &json!({ "confirmation": "regretted", "immediately": true })).await;
    let after: DateTime<Utc> = hurried.body["tenant"]["destroy_after"].as_str().unwrap().parse().unwrap();
    assert!(after <= SystemClock.now());
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    worker.begin_removal(&claimed).await;
    api.post(&undo, &json!({})).await.is_problem(409, "being_removed");
    let shown = api.get(&path(&tenant)).await.body;
    assert_eq!(shown["receipt"], json!({ "inventory": [{ "kind": "database" }] }));
    assert!(shown["removal_started_at"].is_string());
    worker.bury(&claimed, SystemClock.now() + TimeDelta::days(1)).await;
    let body = json!({ "subdomain": "regretted", "app": "sample" });
    let refused = api.post("/api/v1/tenants", &body).await;
    assert!(refused.is_problem(409, "subdomain_in_quarantine").text.contains("given to nobody before"));
    assert!(api.get(&path(&tenant)).await.body["quarantine_until"].is_string());
}
