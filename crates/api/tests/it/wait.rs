//! Waiting for a tenant.

use std::time::{Duration, Instant};

use domain::tenant::{Status, Step, World};
use domain::{Clock, SystemClock};
use serde_json::json;
use storage::Failure;

use crate::support::{Api, path};

#[tokio::test]
async fn who_waits_is_told_as_soon_as_it_is_reached() {
    let api = Api::start().await;
    let tenant = api.create("awaited").await;
    let wait = format!("{}/wait?generation=1&timeout=20", path(&tenant));
    let work = async {
        let worker = api.worker();
        let claimed = worker.claim(&tenant).await;
        worker.at(&claimed, &Step::CreateServe).await;
        worker.finish(&claimed, Status::Active, &World::empty(), None).await;
        Instant::now()
    };
    let (waited, done) = tokio::join!(api.get(&wait), work);
    assert!(done.elapsed() < Duration::from_secs(10), "it was not told, but had waited enough: {:?}", done.elapsed());
    assert_eq!((&waited.body["reached"], &waited.body["failed"]), (&json!(true), &json!(false)));
    assert_eq!(waited.body["tenant"]["status"], "active");
}

#[tokio::test]
async fn a_wait_ends_with_its_time_and_shows_what_is_being_done() {
    let api = Api::start().await;
    let tenant = api.create("awaited").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    worker.at(&claimed, &Step::EnsureDatabase).await;
    let began = Instant::now();
    let waited = api.get(&format!("{}/wait?timeout=1", path(&tenant))).await;
    assert!((1.0..5.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    assert_eq!((&waited.body["reached"], &waited.body["failed"]), (&json!(false), &json!(false)));
    let step = &waited.body["tenant"]["step"];
    assert_eq!((&step["name"], &step["description"]), (&json!("ensure_database"), &json!("Creating the database")));
}

#[tokio::test]
async fn a_failure_for_good_ends_the_wait_and_one_that_is_retried_does_not() {
    let api = Api::start().await;
    let tenant = api.create("failing").await;
    let worker = api.worker();
    let mut failure = Failure {
        step: Some("ensure_image".to_owned()),
        cause: "the image can't be found".to_owned(),
        remedy: Some("check its name".to_owned()),
        permanent: false,
        last_lines: vec!["last words".to_owned()],
        at: SystemClock.now(),
    };
    let claimed = worker.claim(&tenant).await;
    worker.finish(&claimed, Status::Error, &World::empty(), Some(&failure)).await;
    let waited = api.get(&format!("{}/wait?timeout=0", path(&tenant))).await;
    assert_eq!((&waited.body["reached"], &waited.body["failed"]), (&json!(false), &json!(false)));
    assert!(waited.body["tenant"]["next_attempt_at"].is_string());
    failure.permanent = true;
    // A failing one is due again only later; people's asking makes it due now.
    api.post(&format!("{}/destroy", path(&tenant)), &json!({ "confirmation": "failing" })).await;
    let claimed = worker.claim(&tenant).await;
    worker.finish(&claimed, Status::Destroying, &World::empty(), Some(&failure)).await;
    let waited = api.get(&format!("{}/wait?generation=2&timeout=20", path(&tenant))).await;
    assert_eq!((&waited.body["reached"], &waited.body["failed"]), (&json!(false), &json!(true)));
    let error = &waited.body["tenant"]["last_error"];
    assert_eq!((&error["cause"], &error["last_lines"]), (&json!(failure.cause), &json!(["last words"])));
}

#[tokio::test]
async fn what_is_asked_for_later_is_not_reached_by_what_was_seen_before() {
    let api = Api::start().await;
    let tenant = api.create("changing").await;
    api.worker().settle(&tenant, Status::Active).await;
    api.post(&format!("{}/destroy", path(&tenant)), &json!({ "confirmation": "changing" })).await;
    let waited = api.get(&format!("{}/wait?timeout=0", path(&tenant))).await;
    assert_eq!(waited.body["reached"], false);
    api.worker().settle(&tenant, Status::Destroyed).await;
    let waited = api.get(&format!("{}/wait?timeout=0", path(&tenant))).await;
    assert_eq!(waited.body["reached"], true);
}

#[tokio::test]
async fn a_process_about_to_end_keeps_nobody_waiting() {
    let api = Api::start().await;
    let wait = format!("{}/wait?timeout=20", path(&api.create("awaited").await));
    let (waited, ended) = tokio::join!(api.get(&wait), async {
        tokio::task::yield_now().await;
        api.stop.cancel();
        Instant::now()
    });
    assert!(ended.elapsed() < Duration::from_secs(10), "{:?}", ended.elapsed());
    assert_eq!(waited.body["reached"], false);
}

#[tokio::test]
async fn what_gives_way_to_something_else_is_said_to() {
    let api = Api::start().await;
    let tenant = api.create("awaited").await;
    let worker = api.worker();
    let claimed = worker.claim(&tenant).await;
    let wait = async |generation: i64, timeout: u64| {
        api.get(&format!("{}/wait?generation={generation}&timeout={timeout}", path(&tenant))).await.body
    };
    api.post(&format!("{}/restart", path(&tenant)), &json!({})).await;
    assert_eq!(wait(1, 0).await["outcome"], json!(null), "somebody may still work towards it");
    let (outcome, ()) = tokio::join!(wait(1, 20), async {
        api.database.worker.reread(&claimed.lease).await.unwrap();
        worker.at(&claimed, &Step::CreateServe).await;
    });
    assert_eq!((&outcome["outcome"], &outcome["reached"]), (&json!("superseded"), &json!(false)));
    api.post(&format!("{}/cancel", path(&tenant)), &json!({})).await;
    api.database.worker.reread(&claimed.lease).await.unwrap();
    assert_eq!(wait(2, 20).await["outcome"], "cancelled");
    let done = storage::Claimed { tenant: api.database.worker.reread(&claimed.lease).await.unwrap(), ..claimed };
    worker.finish(&done, Status::Stopped, &World::empty(), None).await;
    assert_eq!(wait(3, 20).await["outcome"], "succeeded");
    assert_eq!(wait(1, 0).await["outcome"], "superseded", "an end stays what it was");
}
