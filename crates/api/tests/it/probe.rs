//! Asking for a hostile probe, and reading what it found.

use std::time::Duration;

use domain::hostile::{Attempt, Check, Outcome, Report};
use domain::{Clock, SystemClock, SystemEntropy, TenantId};
use serde_json::json;
use storage::LeaseOwner;

use crate::support::{Api, path};

const LEASE: Duration = Duration::from_secs(60);

fn owner() -> LeaseOwner {
    LeaseOwner(TenantId::generate(SystemClock.now(), &SystemEntropy).uuid())
}

#[tokio::test]
async fn it_is_answered_once_for_all_who_asked_before_it_began() {
    let api = Api::start().await;
    let tenant = api.create("probed").await;
    let probe = format!("{}/probe", path(&tenant));
    let never = api.get(&probe).await;
    assert_eq!((never.status.as_u16(), &never.body["asked"], &never.body["report"]), (200, &json!(0), &json!(null)));

    for number in [1, 2] {
        let asked = api.post(&probe, &json!({})).await;
        assert_eq!((asked.status.as_u16(), &asked.body["asked"]), (202, &json!(number)));
    }
    let (worker, other, now) = (owner(), owner(), SystemClock.now());
    let store = api.worker_store();
    let due = store.claim_probe(worker, LEASE).await.unwrap().unwrap();
    assert_eq!(store.claim_probe(other, LEASE).await.unwrap(), None, "one at a time");
    assert_eq!(api.get(&probe).await.body["running"], true);
    assert_eq!(api.post(&probe, &json!({})).await.body["asked"], 3, "while it runs");

    let attempt = |outcome| Attempt { check: Check::Host, target: "10.0.0.1:22".to_owned(), outcome };
    let report = Report::of(&[attempt(Outcome::Held), attempt(Outcome::Open("connected".to_owned()))]);
    store.answer_probe(other, due, Ok(&report), now).await.unwrap();
    assert_eq!(api.get(&probe).await.body["answered"], 0, "a lapsed worker's answer counts for nothing");
    store.answer_probe(worker, due, Ok(&report), now).await.unwrap();
    let body = api.get(&probe).await.body;
    assert_eq!([&body["asked"], &body["answered"], &body["running"]], [&json!(3), &json!(2), &json!(false)]);
    assert_eq!(body["report"]["verdict"], "holes");
    assert_eq!(body["report"]["findings"][0]["check"], "host");
    assert_eq!(body["report"]["tried"], json!([{ "check": "host", "attempts": 2, "held": 1 }]));

    let due = store.claim_probe(other, LEASE).await.unwrap().unwrap();
    store.answer_probe(other, due, Err("the engine is away"), now).await.unwrap();
    let body = api.get(&probe).await.body;
    assert_eq!(
        [&body["answered"], &body["failure"], &body["report"]],
        [&json!(3), &json!("the engine is away"), &json!(null)]
    );
    assert_eq!(store.claim_probe(other, LEASE).await.unwrap(), None);
}

#[tokio::test]
async fn one_that_is_to_be_destroyed_is_not_probed() {
    let api = Api::start().await;
    let tenant = api.create("doomed").await;
    api.post(&format!("{}/destroy", path(&tenant)), &json!({ "confirmation": "doomed" })).await;
    api.post(&format!("{}/probe", path(&tenant)), &json!({})).await.is_problem(409, "being_destroyed");
}
