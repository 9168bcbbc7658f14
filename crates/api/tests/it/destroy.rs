//! Asking for a tenant's end.

use domain::tenant::Status;
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
    assert!(again.is_problem(409, "already_destroyed").text.contains("destroyed already"));
    let tombstone = api.get(&path(&tenant)).await;
    assert_eq!(tombstone.body["status"], "destroyed");
    assert!(tombstone.body["destroyed_at"].is_string());
    assert_ne!(api.create("doomed").await["id"], tenant["id"], "a tombstone gives its name free");
}
