//! How long a first deploy usually takes, for who waits for one.

use domain::access::{Permission, Role};
use domain::tenant::{Status, Step};
use serde_json::{Value, json};

use crate::support::{Api, Home, path};

async fn asked(api: &Api, name: &str) -> Value {
    let wish = json!({ "subdomain": name, "app": "sample" });
    api.post("/api/v1/tenants", &wish).await.body["tenant"].clone()
}

/// A first deploy that took 40 s, the last 30 of them at the image; the operator's.
async fn deployed(api: &Api, name: &str) -> Value {
    let tenant = asked(api, name).await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    worker.at(&claimed, &Step::EnsureImage).await;
    worker.found_well(&claimed, chrono::DateTime::UNIX_EPOCH + std::time::Duration::from_secs(140)).await;
    let id = claimed.tenant.id.uuid();
    let dated = format!(
        "UPDATE fresco.tenant_events SET at = to_timestamp(110) WHERE tenant_id = '{id}' AND kind = 'ensure_image';
         UPDATE fresco.deployments SET created_at = to_timestamp(100) WHERE tenant_id = '{id}'"
    );
    api.database.superuser().ask(&dated).await;
    tenant
}

#[tokio::test]
async fn who_waits_for_the_first_deploy_is_told_what_earlier_ones_took() {
    let api = Api::start().await;
    let first = deployed(&api, "first").await;
    assert_eq!(first["usual_deploy"], json!(null), "none came before it");
    let second = asked(&api, "second").await;
    let usual = json!({
        "usual_seconds": 40.0,
        "runs": 1,
        "steps": [{
            "name": "ensure_image",
            "description": "Fetching the application",
            "usual_seconds": 30.0,
            "usual_seconds_left": 30.0,
        }],
    });
    let shown = async |tenant| api.get(&path(tenant)).await.body["usual_deploy"].clone();
    assert_eq!(shown(&second).await, usual);
    assert_eq!(shown(&first).await, json!(null), "it has been deployed");
    let listed = api.get("/api/v1/tenants").await.body;
    let told: Vec<_> = listed["items"].as_array().unwrap().iter().map(|tenant| &tenant["usual_deploy"]).collect();
    assert_eq!(told, [&usual, &json!(null)]);
    api.worker().settle(&second, Status::Active).await;
    assert_eq!(shown(&second).await, json!(null), "its own is over");
}

#[tokio::test]
async fn members_elsewhere_are_told_the_figures_alone() {
    let api = Api::start().await;
    deployed(&api, "of-the-operator").await;
    let home = Home::make(&api, "elsewhere").await;
    let viewer = home.key_of(&api, Role::Viewer, &[Permission::TenantView]).await;
    let tenant = viewer.get(&api, &format!("/api/v1/tenants/{}", home.tenant)).await;
    assert_eq!(tenant.body["usual_deploy"]["usual_seconds"], 40.0);
    let told: Vec<_> = tenant.body["usual_deploy"].as_object().unwrap().keys().collect();
    assert_eq!(told, ["runs", "steps", "usual_seconds"]);
    assert!(!tenant.text.contains("of-the-operator"), "{}", tenant.text);
}
