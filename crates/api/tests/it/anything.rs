//! Whatever is sent, it is never our fault: no panic, no error of the database, can be reached from outside.

use axum::body::Body;
use axum::http::Method;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::support::{Api, path};

/// Of each kind.
const REQUESTS: usize = 1500;

/// JSON of any shape, with the names and near misses of the real one.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name(), inner), 0..6).prop_map(|members| members.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    let known = ["subdomain", "app", "image", "limits", "environment", "metadata", "memory", "cpus", "confirmation"];
    prop_oneof![4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => text()]
}

fn text() -> impl Strategy<Value = String> {
    let known = ["my-study", "sample", "fresco-sample:4.0.0", "512MiB", "SANDBOX_MODE", "true", "\0", "a\0b", "'; --"];
    prop_oneof![2 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

/// Any JSON, or more often what is right but for one member.
fn body(right: Value) -> impl Strategy<Value = String> {
    let inside = (name(), json_value()).prop_map(|(name, value)| json!({ name: value }));
    let nearly = (name(), prop_oneof![json_value(), inside]).prop_map(move |(name, value)| {
        let mut body = right.clone();
        body[name] = value;
        body
    });
    prop_oneof![1 => json_value(), 3 => nearly].prop_map(|body| body.to_string())
}

/// One parameter of those that a path takes, escaped as it must be.
fn query(names: &[&'static str]) -> impl Strategy<Value = String> {
    let value = prop_oneof![3 => text(), 1 => any::<i64>().prop_map(|number| number.to_string())];
    (proptest::sample::select(names.to_vec()), value).prop_map(|(name, value)| {
        let escaped: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("{name}={escaped}")
    })
}

#[tokio::test]
async fn nothing_that_is_sent_is_our_fault() {
    let api = Api::start().await;
    let tenant = path(&api.create("there").await);
    let list = query(&["cursor", "limit", "search", "status", "destroyed", "nosuch"]);
    let gets = [
        ("/api/v1/tenants".to_owned(), list.boxed()),
        (format!("{tenant}/plan"), query(&["state"]).boxed()),
        (format!("{tenant}/events"), query(&["after", "limit"]).boxed()),
        (format!("{tenant}/deployments"), query(&["cursor", "limit"]).boxed()),
    ];
    let posts = [
        ("/api/v1/tenants".to_owned(), body(json!({ "subdomain": "my-study", "app": "sample" })).boxed()),
        (format!("{tenant}/destroy"), body(json!({ "confirmation": "here" })).boxed()),
        (tenant.clone(), body(json!({ "limits": { "memory": "512MiB", "cpus": 1 }, "refresh_image": true })).boxed()),
    ];
    let mut runner = TestRunner::deterministic();
    let mut sample = |strategy: &BoxedStrategy<String>| strategy.new_tree(&mut runner).unwrap().current();
    for turn in 0..REQUESTS {
        let (get, query) = &gets[turn % gets.len()];
        ask(&api, Method::GET, &format!("{get}?{}", sample(query)), String::new()).await;
        let (path, body) = &posts[turn % posts.len()];
        let method = if *path == tenant { Method::PATCH } else { Method::POST };
        ask(&api, method, path, sample(body)).await;
    }
}

async fn ask(api: &Api, method: Method, target: &str, body: String) {
    let told = format!("{method} {target} {body}");
    let request = api.request(method, target).header("content-type", "application/json");
    let answer = api.ask(request.body(Body::from(body)).unwrap()).await;
    assert!(!answer.status.is_server_error(), "{told}: {}", answer.text);
}
