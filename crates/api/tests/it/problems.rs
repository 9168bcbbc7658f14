//! Problems and request ids, whatever goes wrong.

use api::Code;
use axum::body::Body;
use axum::http::{Method, Request};

use crate::support::Api;

#[test]
fn every_code_is_explained_with_its_status() {
    let page = include_str!("../../../../docs/api/problems.md");
    for code in Code::ALL {
        let word = code.word();
        let row = format!("| <a id=\"{word}\"></a>`{word}` | {} |", code.status().as_u16());
        assert!(page.contains(&row), "docs/api/problems.md lacks a row that begins so: {row}");
    }
    assert_eq!(page.matches("<a id=").count(), Code::ALL.len(), "a code is explained that there is not");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_taken_are_problems_too() {
    let api = Api::start().await;
    for path in ["/api", "/api/v1", "/api/v1/nosuch", "/api/v1/tenants/", "/api/v2/tenants", "//", "/%2e%2e/etc"] {
        api.get(path).await.is_problem(404, "route_not_found");
    }
    let answer = api.ask(api.request(Method::DELETE, "/api/v1/tenants").body(Body::empty()).unwrap()).await;
    answer.is_problem(405, "method_not_allowed");
    let mut allowed: Vec<&str> = answer.header("allow").split(',').map(str::trim).collect();
    allowed.sort_unstable();
    assert_eq!(allowed, ["GET", "HEAD", "POST"]);
}

#[tokio::test]
async fn a_sane_request_id_is_kept_and_any_other_is_replaced() {
    let api = Api::start().await;
    let ask = async |id: &[u8]| {
        let request = Request::get("/healthz").header("x-request-id", id).body(Body::empty()).unwrap();
        api.ask(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(ask(b"my-id_1.2").await, "my-id_1.2");
    for wrong in [b"".as_slice(), b"a b", "ü".as_bytes(), b"a\"b", "x".repeat(65).as_bytes()] {
        let replaced = ask(wrong).await;
        assert!(replaced.len() == 32 && replaced.bytes().all(|byte| byte.is_ascii_hexdigit()), "{replaced}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    let api = Api::start().await;
    for path in ["/healthz", "/api/nosuch", "/api/v1/tenants", "/api/openapi.json", "/api/docs", "/api/problems"] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn where_people_navigate_are_the_apps_pages_with_what_protects_them() {
    let api = Api::start().await;
    for path in ["/", "/sign-in", "/instances", "/nosuch"] {
        let answer = api.get(path).await;
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("script-src 'self'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
    }
    let request = Request::get("/nosuch").header("accept", "application/json").body(Body::empty()).unwrap();
    api.ask(request).await.is_problem(404, "route_not_found");
    let request = Request::post("/sign-in").body(Body::empty()).unwrap();
    api.ask(request).await.is_problem(404, "route_not_found");
}

#[tokio::test]
async fn no_page_of_another_origin_is_let_in() {
    let api = Api::start().await;
    for method in [Method::OPTIONS, Method::GET] {
        let request = api.request(method.clone(), "/api/v1/tenants").header("origin", "https://elsewhere.example");
        let request = request.header("access-control-request-method", "POST");
        let answer = api.ask(request.body(Body::empty()).unwrap()).await;
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{answer:?}");
        if method == Method::OPTIONS {
            answer.is_problem(405, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn the_page_that_types_lead_to_is_there() {
    let api = Api::start().await;
    let page = api.get("/api/problems").await;
    assert!(page.header("content-type").starts_with("text/markdown"));
    assert!(page.text.contains("subdomain_taken"));
}
