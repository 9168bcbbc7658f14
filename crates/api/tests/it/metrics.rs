//! What tenants use: in their representation, as a history, and live.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Permission;
use domain::usage::{Rates, Resolution, Sample, Trouble};
use domain::{Clock, SystemClock, TenantId};
use serde_json::{Value, json};

use crate::logs::{Server, frame};
use crate::support::{Api, Home, path};

const DAY: Duration = Duration::from_secs(86_400);

/// A quarter of a core, and 96 of 384 MiB.
fn sample(at: DateTime<Utc>) -> Sample {
    Sample {
        at,
        cpu: 0.25,
        cpu_limit: Some(0.5),
        memory: 96 << 20,
        memory_limit: Some(384 << 20),
        network: Some(Rates { inward: 1000.0, outward: 10.0 }),
        block: None,
        pids: 11,
    }
}

fn id(tenant: &Value) -> TenantId {
    TenantId::parse(tenant["id"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn the_newest_sample_stands_with_its_tenant_and_so_does_what_lasts() {
    let api = Api::start().await;
    let tenant = api.create("study").await;
    assert_eq!((&tenant["usage"], &tenant["troubles"]), (&Value::Null, &json!([])));
    let at = SystemClock.now() - TimeDelta::seconds(7);
    let worker = api.worker_store();
    worker.note_usage(&[(id(&tenant), sample(at))]).await.unwrap();
    worker.note_trouble(id(&tenant), Trouble::MemoryHigh, Some(at), at).await.unwrap();
    let shown = api.get(&path(&tenant)).await.body;
    let usage = &shown["usage"];
    assert_eq!((&usage["cpu"], &usage["memory"]), (&json!(0.25), &json!(96 << 20)));
    assert_eq!((&usage["network"]["received"], &usage["block"]), (&json!(1000.0), &Value::Null));
    assert!((7.0..60.0).contains(&usage["age"].as_f64().unwrap()), "{usage}");
    assert_eq!(shown["troubles"][0]["kind"], "memory_high");
    let listed = api.get("/api/v1/tenants").await.body;
    assert_eq!(
        (&listed["items"][0]["usage"]["cpu"], &listed["items"][0]["troubles"]),
        (&json!(0.25), &shown["troubles"])
    );
    let events = api.get(&format!("{}/events", path(&tenant))).await;
    assert!(events.text.contains("trouble_began"), "{}", events.text);
}

#[tokio::test]
async fn a_history_has_as_many_points_as_steps_whatever_is_known() {
    let api = Api::start().await;
    let tenant = api.create("study").await;
    let worker = api.worker_store();
    worker.tend_usage(SystemClock.now(), &[DAY, DAY, DAY, DAY]).await.unwrap();
    let from = Resolution::Minute.start_of(SystemClock.now() - TimeDelta::minutes(10));
    for number in 0..4 {
        let at = from + TimeDelta::seconds(60 + 15 * number);
        let sample = Sample { cpu: number as f64 / 10.0, ..sample(at) };
        worker.keep_usage(&[(id(&tenant), sample)]).await.unwrap();
    }
    let ask = async |query: String| api.get(&format!("{}/metrics?{query}", path(&tenant))).await;
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let to = time(from + TimeDelta::minutes(5));
    let answer = ask(format!("from={}&to={to}&step=60", time(from))).await.body;
    let points = answer["points"].as_array().unwrap();
    assert_eq!((points.len(), &answer["step"], &answer["to"]), (5, &json!(60), &json!(to)));
    assert_eq!((&points[0]["cpu"], &points[0]["at"]), (&Value::Null, &json!(time(from))));
    assert_eq!(answer["resolution"], 60, "a minute's points are as fine as its steps");
    let fine = ask(format!("from={}&to={to}&step=15", time(from))).await.body;
    let points = fine["points"].as_array().unwrap();
    assert_eq!((points.len(), &fine["resolution"]), (20, &json!(15)));
    assert_eq!(points[3]["cpu"], Value::Null);
    let peak = points[7]["cpu_peak"].as_f64().unwrap();
    assert!((peak - 0.3).abs() < 1e-6, "{peak}");
    let usual = ask(String::new()).await.body;
    assert_eq!(usual["points"].as_array().unwrap().len(), 240, "an hour in points of 15 s");
    for (query, parameter) in
        [("step=0", "step"), ("step=1", "step"), ("from=2100-01-01T00:00:00Z", "from"), ("to=now", "to")]
    {
        let answer = ask(query.to_owned()).await;
        answer.is_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["parameter"], parameter, "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn who_watches_is_told_each_period_and_has_it_sampled_as_often() {
    let api = Api::start().await;
    let tenant = api.create("study").await;
    let server = Server::of(&api).await;
    let authorization = api.authorization();
    let stream = format!("{}/metrics/stream", path(&tenant));
    let mut socket = server.open(&stream, &[("authorization", &authorization)]).await.unwrap();
    assert_eq!(frame(&mut socket).await.unwrap(), json!({ "type": "sample", "usage": null, "troubles": [] }));
    let worker = api.worker_store();
    assert_eq!(worker.usage_watched(SystemClock.now()).await.unwrap(), [id(&tenant)]);
    worker.note_usage(&[(id(&tenant), sample(SystemClock.now()))]).await.unwrap();
    assert_eq!(frame(&mut socket).await.unwrap()["usage"]["cpu"], 0.25);
    let home = Home::make(&api, "others").await;
    let other = home.own_key(&api, &[Permission::TenantLogs]).await;
    let refused = server.open(&stream, &[("authorization", &other.authorization())]).await;
    assert_eq!(refused.err(), Some(404), "another organisation's is not there");
    api.stop.cancel();
    assert_eq!(frame(&mut socket).await.unwrap()["type"], "end");
}
