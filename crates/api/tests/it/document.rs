//! The committed document is the one that is served.

use std::path::Path;

use api::Code;
use axum::body::Body;
use axum::http::Request;
use serde_json::Value;

use crate::support::Api;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/api/openapi.json");

#[test]
#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
fn the_committed_document_has_not_drifted() {
    let document = api::document();
    if std::env::var_os("UPDATE_DOCUMENT").is_some() {
        std::fs::write(Path::new(COMMITTED), &document).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == document, "write it anew: UPDATE_DOCUMENT=1 cargo nextest run -p api document");
}

#[test]
fn every_operation_can_be_understood_and_says_how_it_may_fail() {
    let document: Value = serde_json::from_str(&api::document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let resolved = |value: &Value| match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.strip_prefix('#').unwrap()).unwrap().clone(),
        None => value.clone(),
    };
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(operation["operationId"].is_string(), "{method} {path} has no operationId");
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let (status, answer): (u16, _) = (status.parse().unwrap(), resolved(answer));
                if status < 400 {
                    continue;
                }
                let content = &answer["content"]["application/problem+json"];
                let told = format!("{method} {path}: {status} {}", answer["description"]);
                assert_eq!(content["schema"]["$ref"], "#/components/schemas/Problem", "{told}");
                let examples = content["examples"].as_object().unwrap();
                assert!(!examples.is_empty(), "{told} names no code");
                for example in examples.values() {
                    assert_eq!(resolved(example)["value"]["status"], status, "{told}");
                }
            }
        }
    }
}

#[test]
fn what_stands_in_a_path_is_documented_so_and_nothing_else_is() {
    let document: Value = serde_json::from_str(&api::document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let of_path = parameters.filter(|one| one["in"] == "path").map(|one| one["name"].as_str().unwrap());
            let mut documented: Vec<&str> = of_path.collect();
            let mut standing: Vec<&str> =
                path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
            documented.sort_unstable();
            standing.sort_unstable();
            assert_eq!(documented, standing, "{method} {path}");
        }
    }
}

#[test]
fn every_code_stands_where_it_may_come() {
    let document = api::document();
    let everywhere = [Code::RouteNotFound, Code::MethodNotAllowed];
    // Of the listener in front of instances.
    let elsewhere = [Code::ClaimRefused];
    for code in Code::ALL.iter().filter(|code| !everywhere.contains(code) && !elsewhere.contains(code)) {
        let reference = format!(r##""$ref": "#/components/examples/{}""##, code.word());
        assert!(document.contains(&reference), "no answer of the document has `{}`", code.word());
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, document: &Value) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            let found = document.pointer(reference.strip_prefix('#').unwrap());
            assert!(found.is_some(), "{reference}");
        }
        if let Some(object) = value.as_object() {
            object.values().for_each(|value| walk(value, document));
        }
        if let Some(items) = value.as_array() {
            items.iter().for_each(|value| walk(value, document));
        }
    }
    let document: Value = serde_json::from_str(&api::document()).unwrap();
    walk(&document, &document);
}

#[tokio::test]
async fn the_page_is_there_for_all_and_may_do_nothing_but_what_its_policy_names() {
    let api = Api::start().await;
    let page = api.ask(Request::get("/api/docs").body(Body::empty()).unwrap()).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.text.contains("<h1>fresco-platform</h1>"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("script-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
}

#[tokio::test]
async fn what_is_about_this_api_is_compressed_and_what_may_hold_a_secret_is_not() {
    let api = Api::start().await;
    for (path, encoding) in [("/api/docs", "gzip"), ("/api/openapi.json", "gzip"), ("/api/v1/apps", "")] {
        let request = api.request(axum::http::Method::GET, path).header("accept-encoding", "br, gzip");
        let answer = api.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-encoding")), (200, encoding), "{path}");
    }
}
