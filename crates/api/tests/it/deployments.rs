//! What was asked of a tenant, page by page.

use domain::tenant::Status;
use serde_json::{Value, json};

use crate::support::{Api, path};

#[tokio::test]
async fn all_that_was_asked_for_is_listed_with_its_end() {
    let api = Api::start().await;
    let tenant = api.create("asked").await;
    api.worker().settle(&tenant, Status::Active).await;
    for verb in ["restart", "stop", "cancel"] {
        let asked = api.post(&format!("{}/{verb}", path(&tenant)), &json!({})).await;
        assert_eq!(asked.status, 202, "{verb}: {}", asked.text);
    }
    api.worker().settle(&tenant, Status::Active).await;
    let mut all = Vec::new();
    let mut page = format!("{}/deployments?limit=3", path(&tenant));
    loop {
        let answer = api.get(&page).await.body;
        all.extend(answer["items"].as_array().unwrap().clone());
        let Some(next) = answer["next"].as_str() else { break };
        page = format!("{}/deployments?limit=3&cursor={next}", path(&tenant));
    }
    let told = |member: &str| all.iter().map(|item| item[member].clone()).collect::<Vec<Value>>();
    assert_eq!(told("action"), [json!("cancel"), json!("stop"), json!("restart"), json!("deploy")]);
    assert_eq!(told("generation"), [json!(4), json!(3), json!(2), json!(1)]);
    let cancelled = json!("cancelled");
    assert_eq!(told("status"), [json!("succeeded"), cancelled.clone(), cancelled, json!("succeeded")]);
    assert_eq!(told("back_to"), [json!(1), json!(null), json!(null), json!(null)]);
    assert!(all[0]["converged_at"].is_string() && all[1]["converged_at"].is_null());
    assert_eq!(all[0]["image"], tenant["image"]);
    let wrong = api.get(&format!("{}/deployments?cursor=1", path(&tenant))).await;
    assert_eq!(wrong.is_problem(422, "invalid_request").body["errors"][0]["parameter"], "cursor");
}
