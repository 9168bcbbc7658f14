//! `Idempotency-Key`.

use axum::body::Body;
use axum::http::{Method, Request};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::{Answer, Api, new_key, path};

const TENANTS: &str = "/api/v1/tenants";

fn request(api: &Api, path: &str, key: &str, body: &Value) -> Request<Body> {
    let request = api.request(Method::POST, path).header("idempotency-key", key);
    request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

async fn post(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    api.ask(request(api, path, key, body)).await
}

fn study(name: &str) -> Value {
    json!({ "subdomain": name, "app": "sample" })
}

async fn tenants(api: &Api) -> usize {
    api.get(TENANTS).await.body["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_again_is_the_same_answer_and_nothing_is_done_twice() {
    let api = Api::start().await;
    let first = post(&api, TENANTS, "key-1", &study("my-study")).await;
    assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (202, ""));
    let again = post(&api, TENANTS, "key-1", &study("my-study")).await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (202, "true"));
    assert_eq!((&again.body, again.header("location")), (&first.body, first.header("location")));
    assert_eq!(tenants(&api).await, 1);
    // Without the key it is another request, and is told so.
    api.post(TENANTS, &study("my-study")).await.is_problem(409, "subdomain_taken");
}

#[tokio::test]
async fn another_request_with_the_key_is_refused_and_another_operation_is_not() {
    let api = Api::start().await;
    let (one, other) = (api.create("one").await, api.create("other").await);
    assert_eq!(post(&api, TENANTS, "key-1", &study("my-study")).await.status, 202);
    post(&api, TENANTS, "key-1", &study("your-study")).await.is_problem(422, "idempotency_mismatch");
    let stop = |tenant: &Value| format!("{}/stop", path(tenant));
    assert_eq!(post(&api, &stop(&one), "key-1", &json!({})).await.status, 202);
    post(&api, &stop(&other), "key-1", &json!({})).await.is_problem(422, "idempotency_mismatch");
    // An empty header is not one that is left out, and what was sent as no JSON is not what is.
    for (name, value) in [("if-match", ""), ("content-type", "text/plain")] {
        let mut same = request(&api, &stop(&one), "key-1", &json!({}));
        same.headers_mut().insert(name, axum::http::HeaderValue::from_static(value));
        api.ask(same).await.is_problem(422, "idempotency_mismatch");
    }
}

#[tokio::test]
async fn what_was_refused_is_refused_again_until_another_key_is_taken() {
    let api = Api::start().await;
    api.create("my-study").await;
    let refused = post(&api, TENANTS, "key-1", &study("my-study")).await;
    let request_id = refused.is_problem(409, "subdomain_taken").body["request_id"].clone();
    let again = post(&api, TENANTS, "key-1", &study("my-study")).await;
    assert_eq!((&again.body["code"], again.header("idempotency-replayed")), (&json!("subdomain_taken"), "true"));
    assert_eq!(again.body["request_id"], request_id, "the answer is the first one's");
    assert_eq!(again.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn keys_are_ones_own() {
    let api = Api::start().await;
    let first = post(&api, TENANTS, "key-1", &study("my-study")).await;
    let other = new_key(&api.database).await;
    let request = Request::post(TENANTS)
        .header("authorization", format!("Bearer {}", other.token.expose_secret()))
        .header("idempotency-key", "key-1")
        .header("content-type", "application/json");
    let answer = api.ask(request.body(Body::from(study("my-study").to_string())).unwrap()).await;
    answer.is_problem(409, "subdomain_taken");
    assert_eq!(first.status, 202);
    // A stranger is asked who they are, with a key as without.
    for authorization in [None, Some("Bearer nonsense")] {
        let mut request = Request::post(TENANTS).header("idempotency-key", "key-1");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let request = request.header("content-type", "application/json");
        let answer = api.ask(request.body(Body::from(study("my-study").to_string())).unwrap()).await;
        answer.is_problem(401, "unauthenticated");
    }
}

/// Whoever guesses a key would be shown what was for another.
#[tokio::test]
async fn nobody_in_particular_has_no_keys() {
    let api = Api::start().await;
    let begin = async || {
        let request = Request::post("/api/v1/wizard/sessions").header("idempotency-key", "1");
        let request = request.header("content-type", "application/json");
        let body = json!({ "email": "ada@example.org" }).to_string();
        api.ask(request.body(Body::from(body)).unwrap()).await
    };
    let (first, second) = (begin().await, begin().await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201), "{}", second.text);
    assert_ne!(first.body["token"], second.body["token"]);
}

#[tokio::test]
async fn a_wrong_key_and_a_wrong_body_are_told() {
    let api = Api::start().await;
    for key in ["", "a b", &"k".repeat(129)] {
        post(&api, TENANTS, key, &study("my-study")).await.is_problem(400, "malformed_request");
    }
    let long = json!({ "subdomain": "x".repeat(crate::support::BODY_LIMIT) });
    post(&api, TENANTS, "key-1", &long).await.is_problem(413, "body_too_large");
    assert_eq!(post(&api, TENANTS, &"k".repeat(128), &study("my-study")).await.status, 202);
}

#[tokio::test]
async fn of_two_at_once_one_is_done() {
    let api = Api::start().await;
    let tenant = api.create("my-study").await;
    let mut superuser = api.database.superuser();
    // Whoever changes the tenant waits for us.
    superuser.ask("BEGIN; SELECT FROM fresco.tenant_claims FOR UPDATE").await;
    let stop = format!("{}/stop", path(&tenant));
    let body = json!({});
    let (first, second) = tokio::join!(post(&api, &stop, "key-1", &body), async {
        superuser.until("SELECT count(*) = 1 FROM fresco.idempotency_keys").await;
        let second = post(&api, &stop, "key-1", &body).await;
        superuser.ask("COMMIT").await;
        second
    });
    second.is_problem(409, "idempotency_in_progress");
    assert_eq!(first.status, 202, "{}", first.text);
    let third = post(&api, &stop, "key-1", &body).await;
    assert_eq!((&third.body, third.header("idempotency-replayed")), (&first.body, "true"));
}

/// Whoever was at it is gone, and has said nothing: its lease lapses.
async fn died(api: &Api) {
    let lapse = "UPDATE fresco.idempotency_keys SET answer = NULL, lease_until = now() - interval '1 second'";
    api.database.superuser().ask(lapse).await;
}

#[tokio::test]
async fn who_died_after_it_was_done_leaves_it_done_once() {
    let api = Api::start().await;
    assert_eq!(post(&api, TENANTS, "key-1", &study("my-study")).await.status, 202);
    died(&api).await;
    post(&api, TENANTS, "key-1", &study("my-study")).await.is_problem(409, "idempotency_answer_lost");
    assert_eq!(tenants(&api).await, 1);
}

#[tokio::test]
async fn who_died_before_it_was_done_leaves_it_to_the_next() {
    let api = Api::start().await;
    let tenant = api.create("my-study").await;
    let mut superuser = api.database.superuser();
    superuser.ask("BEGIN; SELECT FROM fresco.tenant_claims FOR UPDATE").await;
    let stop = format!("{}/stop", path(&tenant));
    let router = api.router.clone();
    let mut killed = tokio::task::JoinSet::new();
    killed.spawn(tower::ServiceExt::oneshot(router, request(&api, &stop, "key-1", &json!({}))));
    superuser.until("SELECT count(*) = 1 FROM fresco.idempotency_keys").await;
    killed.shutdown().await;
    superuser.ask("COMMIT").await;
    died(&api).await;
    let next = post(&api, &stop, "key-1", &json!({})).await;
    assert_eq!((next.status.as_u16(), next.header("idempotency-replayed")), (202, ""), "{}", next.text);
}

#[tokio::test]
async fn an_answer_that_shows_something_once_is_kept_sealed() {
    let api = Api::start().await;
    let first = post(&api, TENANTS, "key-1", &study("my-study")).await;
    assert_eq!(first.status, 202);
    let mut superuser = api.database.superuser();
    let plain = "SELECT count(*) FROM fresco.idempotency_keys
                 WHERE position('my-study' IN encode(answer, 'escape')) > 0 OR answer IS NULL";
    assert_eq!(superuser.ask(plain).await, ["0"]);
}
