//! Asking for a tenant to be otherwise.

use axum::body::Body;
use axum::http::Method;
use domain::TenantId;
use domain::image::{ImageId, ImagePin};
use domain::tenant::{Status, TenantSpec};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use storage::Scope;

use crate::support::{Api, path};

async fn spec(api: &Api, tenant: &Value) -> TenantSpec {
    let id = TenantId::parse(tenant["id"].as_str().unwrap()).unwrap();
    api.database.api.find_tenant(Scope::Operator, id).await.unwrap().unwrap().spec
}

/// The image is settled as of version 4, and the tenant as it should be.
async fn settle(api: &Api, tenant: &Value) {
    let worker = api.worker();
    let claimed = worker.claim(tenant).await;
    let TenantSpec { image, refreshes, .. } = claimed.tenant.spec.clone();
    let id = ImageId::parse(&format!("sha256:{}", "a".repeat(64))).unwrap();
    let pin = ImagePin { reference: image, id, digest: None, version: Some("4.0.0".parse().unwrap()), refreshes };
    api.database.worker.pin_image(&claimed.lease, &pin).await.unwrap();
    worker.finish(&claimed, Status::Active, &domain::tenant::World::empty(), None).await;
}

#[tokio::test]
async fn each_part_changes_by_itself() {
    let api = Api::start().await;
    let body = json!({
        "subdomain": "patched", "app": "sample", "image": "fresco-sample:4.0.0",
        "environment": { "SANDBOX_MODE": "true" }, "metadata": { "a": { "b": 1, "c": 2 }, "d": [1] },
    });
    let tenant = api.post("/api/v1/tenants", &body).await.body["tenant"].clone();
    settle(&api, &tenant).await;
    for (patch, member, expected) in [
        (json!({ "limits": { "memory": "512MiB" } }), "limits", json!(["512MiB", "512MiB", 0.5, 100])),
        (json!({ "limits": { "cpus": 1 } }), "limits", json!(["512MiB", "512MiB", 1.0, 100])),
        (json!({ "limits": { "memory": "1GiB", "memory_swap": "1GiB" } }), "limits", json!(["1GiB", "1GiB", 1.0, 100])),
        (json!({ "limits": null }), "limits", json!(["256MiB", "512MiB", 0.5, 100])),
        (json!({ "environment": { "SANDBOX_MODE": "false" } }), "environment", json!(["false"])),
        (json!({ "environment": { "SANDBOX_MODE": null } }), "environment", json!([])),
        (
            json!({ "metadata": { "a": { "b": null }, "e": 3 } }),
            "metadata",
            json!({ "a": { "c": 2 }, "d": [1], "e": 3 }),
        ),
        (json!({ "metadata": null }), "metadata", json!({})),
        (json!({ "image_policy": "automatic" }), "image_policy", json!("automatic")),
        (json!({ "image_policy": null }), "image_policy", json!("manual")),
        (json!({ "image": "fresco-sample:4.1.0" }), "image", json!("fresco-sample:4.1.0")),
        (json!({ "image": null }), "image", json!("fresco-sample:4.0.0")),
    ] {
        let answer = api.patch(&path(&tenant), &patch).await;
        assert_eq!(answer.status, 202, "{patch}: {}", answer.text);
        let shown = &answer.body["tenant"][member];
        let told = match member {
            "limits" => json!([shown["memory"], shown["memory_swap"], shown["cpus"], shown["pids"]]),
            "environment" => shown.as_object().unwrap().values().map(|variable| variable["value"].clone()).collect(),
            _ => shown.clone(),
        };
        assert_eq!(told, expected, "{patch}");
        api.patch(&path(&tenant), &json!({})).await.is_problem(409, "nothing_to_change");
    }
}

#[tokio::test]
async fn the_same_image_again_means_what_its_tag_means_by_now() {
    let api = Api::start().await;
    let tenant = api.create("refreshed").await;
    settle(&api, &tenant).await;
    assert_eq!(api.get(&path(&tenant)).await.body["version"], "4.0.0");
    for (turn, patch) in [json!({ "refresh_image": true }), json!({ "image": tenant["image"] })].iter().enumerate() {
        let answer = api.patch(&path(&tenant), patch).await;
        assert_eq!(answer.status, 202, "{patch}: {}", answer.text);
        assert_eq!(answer.body["tenant"]["version"], json!(null), "what it is now is not known yet");
        assert_eq!(spec(&api, &tenant).await.refreshes, u32::try_from(turn + 1).unwrap());
    }
}

#[tokio::test]
async fn a_rollback_pins_the_image_until_another_is_asked_for() {
    let api = Api::start().await;
    let tenant = api.create("rolled").await;
    settle(&api, &tenant).await;
    api.patch(&path(&tenant), &json!({ "image": "fresco-sample:4.1.0" })).await;
    let back = api.post(&format!("{}/rollback", path(&tenant)), &json!({})).await;
    let shown = &back.body["tenant"];
    assert_eq!((&shown["image"], &shown["image_pinned"]), (&tenant["image"], &json!(true)), "{}", back.text);
    assert_eq!((&shown["version"], shown["image_id"].is_string()), (&json!("4.0.0"), true));
    let unpinned = api.patch(&path(&tenant), &json!({ "refresh_image": true })).await;
    assert_eq!(unpinned.body["tenant"]["image_pinned"], false);
}

#[tokio::test]
async fn a_changed_secret_has_a_place_of_its_own() {
    let api = Api::start().await;
    let environment = json!({ "S3_SECRET_ACCESS_KEY": "first" });
    let body = json!({ "subdomain": "sealed", "app": "sample", "environment": environment });
    let tenant = api.post("/api/v1/tenants", &body).await.body["tenant"].clone();
    for value in [json!("second"), json!(null), json!("third")] {
        let patch = json!({ "environment": { "S3_SECRET_ACCESS_KEY": value } });
        let answer = api.patch(&path(&tenant), &patch).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        assert!(!answer.text.contains("second") && !answer.text.contains("third"));
    }
    let claimed = api.worker().claim(&tenant).await;
    for (version, value) in [(1, "first"), (2, "second"), (4, "third")] {
        let named = ("env:S3_SECRET_ACCESS_KEY", version);
        let opened = api.database.worker.open_secret(&claimed.lease, named, &api.keyring).await.unwrap();
        assert_eq!(opened.expose_secret(), value);
    }
    let named = serde_json::to_value(spec(&api, &tenant).await.environment).unwrap();
    assert_eq!(named, json!({ "S3_SECRET_ACCESS_KEY": { "sealed": 4 } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn changes_of_different_parts_at_once_all_hold() {
    let api = Api::start().await;
    let tenant = api.create("crowded").await;
    let patches = (0..5).map(|number| json!({ "metadata": { format!("note-{number}"): number } }));
    let tenant_path = path(&tenant);
    let answers =
        futures_util::future::join_all(patches.map(async |patch| api.patch(&tenant_path, &patch).await)).await;
    for answer in &answers {
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    let shown = api.get(&tenant_path).await.body;
    assert_eq!((shown["metadata"].as_object().unwrap().len(), &shown["generation"]), (5, &json!(6)));
}

#[tokio::test]
async fn what_is_wrong_is_told_as_at_a_creation() {
    let api = Api::start().await;
    let tenant = api.create("wrong").await;
    for (patch, pointer, part) in [
        (json!({ "subdomain": "other" }), "#/subdomain", "expected one of `image`"),
        (json!({ "image": "-a b" }), "#/image", "is no image reference"),
        (json!({ "limits": { "memory": "64GiB", "cpus": 1 } }), "#/limits/memory", "at most"),
        (json!({ "limits": { "memory": "64MiB", "cpus": 1 } }), "#/limits/memory", "the least is 256MiB"),
        (json!({ "limits": "512MiB" }), "#/limits", "expected an object with any of"),
        (json!({ "environment": { "PATH": "/x" } }), "#/environment/PATH", "cannot be set here"),
        (json!({ "environment": { "SANDBOX_MODE": "yes" } }), "#/environment/SANDBOX_MODE", "must be one of"),
        (json!({ "metadata": { "x": "y".repeat(9000) } }), "#/metadata", "8192 are the most"),
        (json!({ "refresh_image": "yes" }), "#/refresh_image", "expected a boolean"),
    ] {
        let answer = api.patch(&path(&tenant), &patch).await;
        answer.is_problem(422, "invalid_request");
        let error = &answer.body["errors"][0];
        assert_eq!(error["pointer"], pointer, "{patch}: {}", answer.text);
        assert!(error["detail"].as_str().unwrap().contains(part), "{patch}: {}", answer.text);
    }
    let body = json!({ "image": "A", "environment": { "NOPE": "x" }, "limits": { "memory": "64MiB", "cpus": 1 } });
    let all = api.patch(&path(&tenant), &body).await.body["errors"].as_array().unwrap().len();
    assert_eq!((all, spec(&api, &tenant).await.image.to_string().as_str()), (3, tenant["image"].as_str().unwrap()));
}

#[tokio::test]
async fn who_names_what_they_saw_is_not_overtaken() {
    let api = Api::start().await;
    let tenant = api.create("named").await;
    let ask = async |generation: i64| {
        let request = api.request(Method::PATCH, &path(&tenant)).header("if-match", format!("\"{generation}\""));
        let body = Body::from(json!({ "metadata": { "at": generation } }).to_string());
        api.ask(request.header("content-type", "application/json").body(body).unwrap()).await
    };
    ask(2).await.is_problem(412, "generation_conflict");
    assert_eq!(ask(1).await.status, 202);
    ask(1).await.is_problem(412, "generation_conflict");
}
