//! The committed document is the one that is served.

use std::path::Path;

use serde_json::Value;

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
fn every_operation_can_be_understood_and_may_fail() {
    let document: Value = serde_json::from_str(&api::document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let problem = "#/components/schemas/Problem";
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
            assert!(operation["operationId"].is_string(), "{method} {path} has no operationId");
            let default = &operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(default, problem, "{method} {path}");
        }
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
