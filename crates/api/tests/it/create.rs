//! Asking for a tenant.

use std::time::Duration;

use domain::TenantId;
use domain::access::Permission;
use secrecy::ExposeSecret;
use serde_json::json;
use storage::{ClaimRequest, Scope};

use crate::support::{Api, Home, path};

#[tokio::test]
async fn a_tenant_is_written_down_and_shown() {
    let api = Api::start().await;
    let body = json!({
        "subdomain": "my-study",
        "app": "sample",
        "image": "fresco-sample:3.1.0",
        "limits": { "memory": "512MiB", "cpus": 0.5, "pids": 100 },
        "environment": { "SANDBOX_MODE": "true" },
        "metadata": { "ticket": 42, "path": r"C:\u0000" },
    });
    let created = api.post("/api/v1/tenants", &body).await;
    assert_eq!(created.status, 202, "{}", created.text);
    let tenant = &created.body["tenant"];
    assert_eq!(created.header("location"), path(tenant));
    assert_eq!(created.body["generation"], 1);
    assert!(created.body["deployment_id"].as_str().unwrap().starts_with("dep_"));
    let shown = api.get(&path(tenant)).await;
    assert_eq!(&shown.body, tenant);
    for (member, value) in [
        ("subdomain", json!("my-study")),
        ("url", json!("https://my-study.example.org:8443")),
        ("status", json!("pending")),
        ("desired_state", json!("running")),
        ("image", json!("fresco-sample:3.1.0")),
        ("limits", json!({ "memory": "512MiB", "memory_swap": "512MiB", "cpus": 0.5, "pids": 100 })),
        ("environment", json!({ "SANDBOX_MODE": { "value": "true", "secret": false } })),
        ("metadata", json!({ "ticket": 42, "path": r"C:\u0000" })),
        ("observed_generation", json!(0)),
        ("last_error", json!(null)),
    ] {
        assert_eq!(tenant[member], value, "{member}");
    }
}

#[tokio::test]
async fn what_is_left_out_is_the_installations_default() {
    let api = Api::start().await;
    let created = api.post("/api/v1/tenants", &json!({ "subdomain": "by-default" })).await;
    let apps = api.get("/api/v1/apps").await;
    let fresco = apps.body["items"].as_array().unwrap().iter().find(|app| app["name"] == "fresco").unwrap().clone();
    let tenant = &created.body["tenant"];
    assert_eq!((&tenant["app"], &tenant["image"]), (&json!("fresco"), &fresco["image"]));
    assert_eq!(tenant["limits"], json!(null), "they depend on a version nobody knows yet");
}

#[tokio::test]
async fn what_runs_is_the_operators_to_say_and_its_version_an_owners() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let owner = home.own_key(&api, Permission::ALL).await;
    let asked = |image: &str| json!({ "subdomain": "study", "app": "sample", "image": image });
    for strange in ["alpine:latest", "registry.example.net/fresco-sample:4.0.0", "fresco-sample-2:4.0.0"] {
        let refused = owner.post(&api, "/api/v1/tenants", &asked(strange)).await;
        let errors = &refused.is_problem(422, "invalid_request").body["errors"];
        assert_eq!(errors[0]["pointer"], "#/image");
        assert!(errors[0]["detail"].as_str().unwrap().contains("a tag or digest of `fresco-sample`"), "{errors}");
    }
    let accepted = owner.post(&api, "/api/v1/tenants", &asked("fresco-sample:3.1.2")).await;
    assert_eq!(accepted.status, 202, "{}", accepted.text);
    let tenant = path(&accepted.body["tenant"]);
    owner.patch(&api, &tenant, &json!({ "image": "alpine:3" })).await.is_problem(422, "invalid_request");
    assert_eq!(owner.patch(&api, &tenant, &json!({ "image": "fresco-sample:4.0.0" })).await.status, 202);
    assert_eq!(api.patch(&tenant, &json!({ "image": "alpine:3" })).await.status, 202, "an operator may");
}

#[tokio::test]
async fn a_secret_is_sealed_never_shown_and_opened_by_the_worker_only() {
    let api = Api::start().await;
    let environment = json!({ "S3_SECRET_ACCESS_KEY": "hunter2" });
    let body = json!({ "subdomain": "sealed", "app": "sample", "environment": environment });
    let created = api.post("/api/v1/tenants", &body).await;
    let masked = json!({ "S3_SECRET_ACCESS_KEY": { "value": null, "secret": true } });
    assert_eq!(created.body["tenant"]["environment"], masked);
    let tenant = path(&created.body["tenant"]);
    for path in [&tenant, &format!("{tenant}/events"), &format!("{tenant}/plan"), "/api/v1/tenants"] {
        assert!(!api.get(path).await.text.contains("hunter2"), "{path}");
    }
    let id = TenantId::parse(created.body["tenant"]["id"].as_str().unwrap()).unwrap();
    let row = api.database.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap();
    assert!(!format!("{row:?}").contains("hunter2"));
    let claimed = api.worker().claim(&created.body["tenant"]).await;
    let named = ("env:S3_SECRET_ACCESS_KEY", 1);
    let opened = api.database.worker.open_secret(&claimed.lease, named, &api.keyring).await.unwrap();
    assert_eq!(opened.expose_secret(), "hunter2");
    assert!(api.database.api.open_secret(&claimed.lease, named, &api.keyring).await.is_err());
}

#[tokio::test]
async fn of_many_who_want_one_name_one_gets_it() {
    let api = Api::start().await;
    let body = json!({ "subdomain": "wanted", "app": "sample" });
    let asked = (0..8).map(|_| api.post("/api/v1/tenants", &body));
    let answers = futures_util::future::join_all(asked).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 202);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for answer in lost {
        assert!(answer.is_problem(409, "subdomain_taken").text.contains("wanted"));
    }
}

#[tokio::test]
async fn what_is_refused_leaves_no_work_behind() {
    let api = Api::start().await;
    api.create("only").await;
    api.post("/api/v1/tenants", &json!({ "subdomain": "only", "app": "sample" }))
        .await
        .is_problem(409, "subdomain_taken");
    let owner = storage::LeaseOwner(TenantId::parse("tnt_00000000000070008000000000000000").unwrap().uuid());
    let request = ClaimRequest { limit: 10, background_limit: 10, lease: Duration::from_secs(10) };
    assert_eq!(api.database.worker.claim_due(owner, request).await.unwrap().len(), 1);
}
