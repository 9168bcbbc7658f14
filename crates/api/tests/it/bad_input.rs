//! Whatever is wrong with a request is told: what, where, and what would be right.

use axum::body::Body;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Api, BODY_LIMIT, path};

/// Body, field, and a part of what is told.
fn wrong_bodies() -> Vec<(Value, &'static str, &'static str)> {
    let with = |member: &str, value: Value| {
        let mut body = json!({ "subdomain": "my-study", "app": "sample" });
        body[member] = value;
        body
    };
    let limits = |limits: Value| with("limits", limits);
    let variable = |name: &str, value: Value| with("environment", json!({ name: value }));
    vec![
        (json!({}), "#/subdomain", "missing field"),
        (json!(["my-study", "sample"]), "#", "expected an object"),
        (json!("my-study"), "#", "expected an object"),
        (json!({ "subdomian": "my-study" }), "#/subdomian", "expected one of `subdomain`"),
        (with("subdomain", json!(12)), "#/subdomain", "expected a string"),
        (with("subdomain", json!(null)), "#/subdomain", "expected a string"),
        (with("subdomain", json!("ab")), "#/subdomain", "3 to 63"),
        (with("subdomain", json!("My-Study")), "#/subdomain", "lower-case"),
        (with("subdomain", json!("www")), "#/subdomain", "reserved"),
        (with("subdomain", json!("a\u{0}b")), "#/subdomain", "letters, digits"),
        (with("app", json!("nosuch")), "#/app", "there are: fresco"),
        (with("app", json!("../x")), "#/app", "is no app name"),
        (with("image", json!("-a b")), "#/image", "is no image reference"),
        (limits(json!("256MiB")), "#/limits", "expected an object with any of `memory`"),
        (limits(json!({ "memory_swap": "64GiB" })), "#/limits/memory_swap", "twice"),
        (limits(json!({ "memory": "512", "cpus": 1 })), "#/limits/memory", "KiB, MiB or GiB"),
        (limits(json!({ "memory": "128MiB", "cpus": 1 })), "#/limits/memory", "the least is 256MiB"),
        (limits(json!({ "memory": "512MiB", "cpus": 0.1 })), "#/limits/cpus", "0.25"),
        (limits(json!({ "memory": "512MiB", "cpus": 1, "disk": 1 })), "#/limits/disk", "expected one of `memory`"),
        (limits(json!({ "memory": "512MiB", "memory_swap": "2GiB", "cpus": 1 })), "#/limits/memory_swap", "twice"),
        (limits(json!({ "memory": "64GiB", "cpus": 1 })), "#/limits/memory", "at most"),
        (limits(json!({ "memory": "512MiB", "cpus": 64 })), "#/limits/cpus", "at most"),
        (limits(json!({ "memory": "512MiB", "cpus": 1, "pids": -1 })), "#/limits/pids", "u32"),
        (variable("PATH", json!("/x")), "#/environment/PATH", "cannot be set here"),
        (variable("a/b~c", json!("x")), "#/environment/a~1b~0c", "is no name of a variable"),
        (variable("SANDBOX_MODE", json!("yes")), "#/environment/SANDBOX_MODE", "must be one of true, false"),
        (variable("SANDBOX_MODE", json!(true)), "#/environment/SANDBOX_MODE", "expected a string"),
        (variable("S3_SECRET_ACCESS_KEY", json!("")), "#/environment/S3_SECRET_ACCESS_KEY", "1 to 4096"),
        (limits(json!({ "memory": "512MiB", "cpus": 1e300 })), "#/limits/cpus", "1024"),
        (limits(json!({ "memory": "512MiB", "cpus": 1, "pids": 3 })), "#/limits/pids", "the least is 16"),
        (with("metadata", json!({ "x": ["a\u{0}b"] })), "#/metadata", "NUL"),
        (with("metadata", json!({ "\\\u{0}": 1 })), "#/metadata", "NUL"),
        (with("metadata", json!([1])), "#/metadata", "expected a map"),
        (with("metadata", json!({ "x": "y".repeat(9000) })), "#/metadata", "8192 are the most"),
    ]
}

#[tokio::test]
async fn every_wrong_body_is_told_where_and_what_would_be_right() {
    let api = Api::start().await;
    for (body, pointer, part) in wrong_bodies() {
        let answer = api.post("/api/v1/tenants", &body).await;
        answer.is_problem(422, "invalid_request");
        let errors = answer.body["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{body}: {}", answer.text);
        let (told, detail) = (errors[0]["pointer"].as_str().unwrap(), errors[0]["detail"].as_str().unwrap());
        assert_eq!(told, pointer, "{body}: {detail}");
        assert!(detail.contains(part), "{body}: {detail}");
        assert!(!detail.contains("line 1"), "{body}: {detail}");
    }
    assert_eq!(api.get("/api/v1/tenants").await.body["items"], json!([]));
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let api = Api::start().await;
    let environment = json!({ "SANDBOX_MODE": "maybe", "NOPE": "x" });
    let body = json!({ "subdomain": "-", "app": "sample", "image": "A", "environment": environment,
                       "limits": { "memory": "64GiB", "cpus": 64, "pids": 3 } });
    let answer = api.post("/api/v1/tenants", &body).await;
    answer.is_problem(422, "invalid_request");
    let errors = answer.body["errors"].as_array().unwrap();
    let pointers: Vec<&str> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    let limits = ["#/limits/pids", "#/limits/memory", "#/limits/cpus"];
    let expected = ["#/subdomain", "#/image"].into_iter().chain(limits);
    let expected = expected.chain(["#/environment/NOPE", "#/environment/SANDBOX_MODE"]);
    assert_eq!(pointers, expected.collect::<Vec<_>>());
}

async fn send(api: &Api, kind: &str, body: impl Into<Body>) -> Answer {
    let request = api.request(Method::POST, "/api/v1/tenants").header("content-type", kind);
    api.ask(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn what_is_no_json_is_not_read() {
    let api = Api::start().await;
    for body in ["", "{", "{\"subdomain\":", "subdomain=x", r#"{"subdomain":"twice"} {}"#, "\u{feff}{}"] {
        send(&api, "application/json", body).await.is_problem(400, "malformed_request");
    }
    send(&api, "application/json", b"\xff\xfe".as_slice()).await.is_problem(400, "malformed_request");
    send(&api, "application/json", "[".repeat(10_000)).await.is_problem(400, "malformed_request");
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        send(&api, kind, "{}").await.is_problem(415, "unsupported_media_type");
    }
    send(&api, "application/json; charset=utf-8", "{}").await.is_problem(422, "invalid_request");
    let twice = r#"{ "subdomain": "one", "subdomain": "two" }"#;
    assert!(send(&api, "application/json", twice).await.is_problem(422, "invalid_request").text.contains("duplicate"));
}

#[tokio::test]
async fn a_body_has_a_bound_whether_it_says_its_length_or_not() {
    let api = Api::start().await;
    let large = " ".repeat(BODY_LIMIT + 1);
    let told = send(&api, "application/json", large.clone()).await;
    assert!(told.is_problem(413, "body_too_large").text.contains(&BODY_LIMIT.to_string()));
    let pieces = futures_util::stream::iter(large.into_bytes().chunks(1000).map(<[u8]>::to_vec).collect::<Vec<_>>());
    let pieces = futures_util::StreamExt::map(pieces, Ok::<_, std::io::Error>);
    send(&api, "application/json", Body::from_stream(pieces)).await.is_problem(413, "body_too_large");
}

#[tokio::test]
async fn every_wrong_parameter_is_told_by_its_name() {
    let api = Api::start().await;
    let tenant = path(&api.create("parameters").await);
    let cases = [
        ("/api/v1/tenants?limit=0", "limit", "between 1 and 200"),
        ("/api/v1/tenants?limit=201", "limit", "between 1 and 200"),
        ("/api/v1/tenants?limit=many", "limit", "`limit=many`: expected a number"),
        ("/api/v1/tenants?limit=99999", "limit", "not as large"),
        ("/api/v1/audit?from=yesterday", "from", "a time such as `2026-01-31T12:00:00Z`"),
        ("/api/v1/tenants?cursor=xyz", "cursor", "is no cursor"),
        ("/api/v1/tenants?status=green", "status", "expected one of `pending`"),
        ("/api/v1/tenants?destroyed=maybe", "destroyed", "`true` or `false`"),
        ("/api/v1/tenants?search=%00", "search", "control character"),
        ("/api/v1/tenants?page=2", "page", "unknown parameter `page`, expected one of"),
        (&format!("{tenant}/wait?generation=2"), "generation", "at generation 1"),
        (&format!("{tenant}/wait?generation=x"), "generation", "expected a number, of digits only"),
        (&format!("{tenant}/wait?timeout=-1"), "timeout", "expected a number, of digits only"),
        (&format!("{tenant}/plan?state=up"), "state", "expected one of `running`"),
        (&format!("{tenant}/events?after=x"), "after", "expected a number, of digits only"),
        (&format!("{tenant}/events?after=-5"), "after", "`-5` is no event"),
        (&format!("{tenant}/events?before=-5"), "before", "`-5` is no event"),
        (&format!("{tenant}/events?after=5&newest=true"), "after", "`newest` or `before`"),
        (&format!("{tenant}/events?limit=1000"), "limit", "between 1 and 200"),
    ];
    for (path, parameter, part) in cases {
        let answer = api.get(path).await;
        answer.is_problem(422, "invalid_request");
        assert_eq!(answer.body["errors"][0]["parameter"], parameter, "{path}: {}", answer.text);
        let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_body_that_never_ends_is_given_up() {
    let api = Api::start().await;
    let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    send(&api, "application/json", never).await.is_problem(503, "timed_out");
}

#[tokio::test]
async fn odd_paths_are_nobodys_panic() {
    let api = Api::start().await;
    for id in ["%ff", "%00", "tnt_%00", "..%2f..", "tnt_zzzz", &"x".repeat(5000)] {
        api.get(&format!("/api/v1/tenants/{id}")).await.is_problem(404, "tenant_not_found");
    }
}
