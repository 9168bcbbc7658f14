//! Instances that are given the image their app offers.

use std::time::Duration;

use domain::tenant::{Rejection, SpecHash, Status, World};
use domain::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Api, path};

const OLD: &str = "fresco-sample:3.9.0";

/// One that runs with an image which its app does not offer any more, and may be given another.
async fn behind(api: &Api, subdomain: &str) -> Value {
    let wish = json!({ "subdomain": subdomain, "app": "sample", "image": OLD });
    let tenant = api.post("/api/v1/tenants", &wish).await.body["tenant"].clone();
    let answer = api.patch(&path(&tenant), &json!({ "image_policy": "automatic" })).await;
    assert_eq!(answer.body["tenant"]["image_policy"], "automatic", "{}", answer.text);
    api.worker().settle(&tenant, Status::Active).await;
    tenant
}

/// So many processes.
fn follow(api: &Api, processes: usize) -> JoinSet<()> {
    let pace = api::ImagePace { period: Duration::from_millis(20), at_once: 1 };
    (0..processes).map(|_| api::follow_images(api.state.clone(), pace, api.stop.clone())).collect()
}

async fn image(api: &Api, tenant: &Value) -> Value {
    api.get(&path(tenant)).await.body["image"].clone()
}

#[tokio::test]
async fn who_leaves_it_to_the_platform_is_given_the_image_that_the_app_offers_one_after_the_other() {
    let api = Api::start().await;
    let (first, second, manual) =
        (behind(&api, "first").await, behind(&api, "second").await, behind(&api, "third").await);
    assert_eq!(api.patch(&path(&manual), &json!({ "image_policy": null })).await.status, 202);
    api.worker().settle(&manual, Status::Active).await;
    let offered = api.create("usual").await["image"].clone();
    let mut root = api.database.superuser();
    let followers = follow(&api, 2);
    root.until("SELECT generation = 3 FROM fresco.tenants WHERE subdomain = 'first'").await;
    assert_eq!(image(&api, &first).await, offered);
    // Looks go on, and find that one is on its way.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(image(&api, &second).await, OLD);
    api.worker().settle(&first, Status::Active).await;
    root.until("SELECT generation = 3 FROM fresco.tenants WHERE subdomain = 'second'").await;
    assert_eq!((image(&api, &second).await, image(&api, &manual).await), (offered, json!(OLD)));
    let audited = root
        .ask("SELECT actor_kind FROM fresco.audit_log WHERE action = 'tenant.update' ORDER BY id DESC LIMIT 1")
        .await;
    assert_eq!(audited, ["system"]);
    api.stop.cancel();
    followers.join_all().await;
}

#[tokio::test]
async fn an_image_that_does_not_work_is_not_given_to_everybody() {
    let api = Api::start().await;
    let (first, second) = (behind(&api, "first").await, behind(&api, "second").await);
    let followers = follow(&api, 1);
    let mut root = api.database.superuser();
    root.until("SELECT generation = 3 FROM fresco.tenants WHERE subdomain = 'first'").await;
    let worker = api.worker();
    let claimed = worker.claim(&first).await;
    let hash = SpecHash::from_label("given up");
    let (cause, lines, at) = ("it never answered".to_owned(), Vec::new(), SystemClock.now());
    let rejection = Rejection { generation: claimed.tenant.generation, hash, cause, lines, at };
    api.database.worker.record_rejection(&claimed.lease, &rejection).await.unwrap();
    worker.finish(&claimed, Status::Active, &World::empty(), None).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(image(&api, &second).await, OLD);
    // Somebody sees to it.
    let seen_to = api.patch(&path(&first), &json!({ "image": OLD, "image_policy": "manual" })).await;
    assert_eq!(seen_to.status, 202, "{}", seen_to.text);
    root.until("SELECT generation = 3 FROM fresco.tenants WHERE subdomain = 'second'").await;
    api.stop.cancel();
    followers.join_all().await;
}
