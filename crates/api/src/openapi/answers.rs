//! The answers that operations share: each operation gets those that what it takes makes possible.
//!
//! What an operation says of a status itself comes first; codes that its own description names need no second mention. Every
//! code of an answer has an example, so the document also tells programs which answer has which codes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::idempotency::HEADER;
use super::{operations, put};
use crate::error::Code;

/// The media type of problems.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// Adds the shared answers, and to all problems their examples and headers.
pub(super) fn add(document: &mut Value) {
    let schemas = document["components"]["schemas"].take();
    let security = document["security"].take();
    let mut shared = Map::new();
    for (_, path, operation) in operations(document) {
        let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
        for code in possible(path, operation, &security, &schemas) {
            by_status.entry(code.status().as_u16()).or_default().push(code);
        }
        let answers = &mut operation["responses"];
        for (status, codes) in by_status {
            let status = status.to_string();
            match answers.get_mut(&status) {
                Some(own) => extend(own, &codes),
                None => put(answers, &status, reference(&codes, &mut shared)),
            }
        }
        answers.as_object_mut().into_iter().flatten().for_each(|(status, answer)| finish(status, answer));
    }
    document["security"] = security;
    let components = &mut document["components"];
    components["schemas"] = schemas;
    let examples = Code::ALL.iter().map(|code| (code.word().to_owned(), example(*code)));
    put(components, "examples", examples.collect());
    put(components, "responses", shared.into());
}

/// The codes that follow from what an operation takes.
fn possible(path: &str, operation: &Value, security: &Value, schemas: &Value) -> Vec<Code> {
    let takes = |what: &str| parameters(operation).any(|parameter| parameter["in"] == what);
    let once = parameters(operation).any(|parameter| parameter["name"] == HEADER);
    let body = operation.get("requestBody");
    let security = operation.get("security").unwrap_or(security);
    let asks = |scheme: &str| security.as_array().into_iter().flatten().any(|one| one.get(scheme).is_some());
    let is_versioned = path.starts_with("/api/v1/");
    let own = named(operation["description"].as_str().unwrap_or_default());
    // Whoever may say which generation is meant changes a tenant.
    let changes = parameters(operation).any(|parameter| parameter["name"] == "If-Match");
    let rules: [(bool, &[Code]); 13] = [
        (true, &own),
        (changes, &[Code::AlreadyDestroyed, Code::BeingDestroyed, Code::BeingRemoved, Code::GenerationConflict]),
        (takes("header") || body.is_some(), &[Code::MalformedRequest]),
        // A key belongs to whoever asks, so a credential that is shown beside one must be good.
        (asks("access_token") || asks("wizard_token") || once, &[Code::Unauthenticated]),
        (asks("access_token"), &[Code::Forbidden]),
        (path.contains("/tenants/{id}"), &[Code::TenantNotFound]),
        (path.contains("/organisations/{id}"), &[Code::OrganisationNotFound]),
        (once, &[Code::IdempotencyInProgress, Code::IdempotencyAnswerLost, Code::BodyTooLarge]),
        (body.is_some() || takes("query"), &[Code::InvalidRequest]),
        (body.is_some(), &[Code::BodyTooLarge, Code::UnsupportedMediaType]),
        (once, &[Code::IdempotencyMismatch]),
        (is_versioned, &[Code::RateLimited, Code::Internal, Code::DatabaseUnavailable, Code::TimedOut]),
        (body.is_some_and(|body| takes_password(body, schemas)), &[Code::Busy]),
    ];
    let mut codes: Vec<Code> = Vec::new();
    for code in rules.into_iter().filter(|(holds, _)| *holds).flat_map(|(_, codes)| codes) {
        if !codes.contains(code) {
            codes.push(*code);
        }
    }
    codes
}

fn parameters(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["parameters"].as_array().into_iter().flatten()
}

fn takes_password(body: &Value, schemas: &Value) -> bool {
    let reference = body["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
    let schema = reference.rsplit('/').next().and_then(|name| schemas.get(name));
    schema.is_some_and(|schema| schema["properties"].get("password").is_some())
}

/// The codes of an operation's own, and these.
fn extend(answer: &mut Value, codes: &[Code]) {
    let told = answer["description"].as_str().unwrap_or_default();
    let own = named(told);
    let more: Vec<Code> = codes.iter().filter(|code| !own.contains(code)).copied().collect();
    if !more.is_empty() {
        answer["description"] = format!("{told}; or {}", list(&more)).into();
    }
}

/// One answer for all operations that have just these codes with a status.
fn reference(codes: &[Code], shared: &mut Map<String, Value>) -> Value {
    let name = codes.iter().map(|code| format!("{code:?}")).collect::<Vec<_>>().join("Or");
    let reference = json!({ "$ref": format!("#/components/responses/{name}") });
    shared.entry(name).or_insert_with(|| {
        let mut answer = json!({
            "description": list(codes),
            "content": { PROBLEM: { "schema": { "$ref": "#/components/schemas/Problem" } } },
        });
        finish(&codes[0].status().as_u16().to_string(), &mut answer);
        answer
    });
    reference
}

/// The codes that a description names.
fn named(description: &str) -> Vec<Code> {
    let words: Vec<&str> = description.split('`').skip(1).step_by(2).collect();
    Code::ALL.iter().filter(|code| words.contains(&code.word().as_str())).copied().collect()
}

fn list(codes: &[Code]) -> String {
    codes.iter().map(|code| format!("`{}`", code.word())).collect::<Vec<_>>().join(" or ")
}

/// What every problem with this status has.
fn finish(status: &str, answer: &mut Value) {
    let codes = named(answer["description"].as_str().unwrap_or_default());
    let Some(content) = answer.get_mut("content").and_then(|content| content.get_mut(PROBLEM)) else { return };
    let examples = codes.iter().map(|code| {
        let word = code.word();
        (word.to_owned(), json!({ "$ref": format!("#/components/examples/{word}") }))
    });
    put(content, "examples", examples.collect());
    let header = |what: &str, kind: &str| json!({ "description": what, "schema": { "type": kind } });
    let headers = match status {
        "401" if codes.contains(&Code::Unauthenticated) => {
            json!({ "WWW-Authenticate": header("`Bearer`, and what was wrong with what was sent", "string") })
        }
        "429" | "503" => json!({ "Retry-After": header("Seconds", "integer") }),
        _ => return,
    };
    put(answer, "headers", headers);
}

fn example(code: Code) -> Value {
    json!({
        "summary": code.title(),
        "value": {
            "type": format!("/api/problems#{}", code.word()),
            "title": code.title(),
            "status": code.status().as_u16(),
            "detail": "this case, in words",
            "instance": "/api/v1/…",
            "code": code.word(),
            "request_id": "6f1c3bb0f6c84f0b9d5d8f3a9f0e7c11",
        },
    })
}
