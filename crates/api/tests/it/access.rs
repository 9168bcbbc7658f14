//! Every operation of the document, times every kind of caller. An operation that the table doesn't know fails.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::{Clock, SystemClock, SystemEntropy};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::{Answer, Api, new_key};

/// Who may use an operation, and what an operator's plain request of it is answered with.
enum Access {
    Public(u16),
    Operator(u16),
}

fn expected(operation: &str) -> Option<Access> {
    use Access::{Operator, Public};
    Some(match operation {
        "healthz" | "readyz" | "openapi" | "problems" => Public(200),
        "list_apps"
        | "list_tenants"
        | "show_tenant"
        | "plan_tenant"
        | "list_tenant_events"
        | "wait_for_tenant"
        | "list_tenant_deployments" => Operator(200),
        // Of a tenant whose first deploy is under way.
        "stop_tenant" | "restart_tenant" | "cancel_tenant" => Operator(202),
        "start_tenant" | "rollback_tenant" | "undo_tenant" | "update_tenant" => Operator(409),
        // Asked with an empty object for a body: who is let in is told what is missing.
        "create_tenant" | "destroy_tenant" | "open_tenant" => Operator(422),
        "show_probe" => Operator(200),
        "probe_tenant" => Operator(202),
        // Its image is not known yet.
        "create_claim_link" | "reopen_setup" => Operator(409),
        _ => return None,
    })
}

struct Operation {
    id: String,
    method: Method,
    path: String,
    public: bool,
}

/// Every operation.
fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| Operation {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.clone(),
            public: operation["security"] == json!([{}]),
        })
    });
    all.collect()
}

async fn ask(api: &Api, operation: &Operation, tenant: &str, authorization: Option<&str>) -> Answer {
    let query = if operation.id == "wait_for_tenant" { "?timeout=0" } else { "" };
    let mut request = Request::builder().method(&operation.method).uri(operation.path.replace("{id}", tenant) + query);
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let body = if operation.method == Method::GET { "" } else { "{}" };
    api.ask(request.header("content-type", "application/json").body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn every_operation_knows_its_callers() {
    let api = Api::start().await;
    let unknown = format!("Bearer {}", api::operator_key::generate(&SystemEntropy).token.expose_secret());
    let revoked = new_key(&api.database).await;
    assert!(api.database.worker.revoke_operator_key(revoked.id, SystemClock.now()).await.unwrap());
    let revoked = format!("Bearer {}", revoked.token.expose_secret());
    // The id of one key with the secret of another.
    let mixed = format!("{}{}", &api.authorization()[..43], &unknown[43..]);
    let strangers = [
        (None, r#"Bearer realm="fresco""#),
        (Some("Bearer nonsense"), r#"Bearer realm="fresco", error="invalid_request""#),
        (Some("Basic b3BlcmF0b3I6a2V5"), r#"Bearer realm="fresco", error="invalid_request""#),
        (Some(unknown.as_str()), r#"Bearer realm="fresco", error="invalid_token""#),
        (Some(mixed.as_str()), r#"Bearer realm="fresco", error="invalid_token""#),
        (Some(revoked.as_str()), r#"Bearer realm="fresco", error="invalid_token""#),
    ];
    for (number, operation) in operations().into_iter().enumerate() {
        let id = &operation.id;
        let tenant = api.create(&format!("access-{number}")).await;
        let tenant = tenant["id"].as_str().unwrap();
        let access = expected(id).unwrap_or_else(|| panic!("who may use `{id}`? Give it a row in this table"));
        let (Access::Public(status) | Access::Operator(status)) = access;
        for (authorization, challenge) in strangers {
            let answer = ask(&api, &operation, tenant, authorization).await;
            if matches!(access, Access::Public(_)) {
                assert_eq!(answer.status, status, "{id}, {authorization:?}: {}", answer.text);
            } else {
                answer.is_problem(401, "unauthenticated");
                assert_eq!(answer.header("www-authenticate"), challenge, "{id}, {authorization:?}");
            }
        }
        let answer = ask(&api, &operation, tenant, Some(&api.authorization())).await;
        assert_eq!(answer.status, status, "{id}: {}", answer.text);
        assert_eq!(operation.public, matches!(access, Access::Public(_)), "the document says who may use `{id}`");
    }
}

#[tokio::test]
async fn a_stranger_is_not_told_which_tenants_there_are() {
    let api = Api::start().await;
    let there = api.create("secret").await["id"].as_str().unwrap().to_owned();
    let not_there = "tnt_00000000000070008000000000000000";
    for id in [there.as_str(), not_there, "nonsense"] {
        let request = Request::get(format!("/api/v1/tenants/{id}")).body(Body::empty()).unwrap();
        api.ask(request).await.is_problem(401, "unauthenticated");
    }
    for id in [not_there, "nonsense", "secret"] {
        api.get(&format!("/api/v1/tenants/{id}")).await.is_problem(404, "tenant_not_found");
    }
}

#[tokio::test]
async fn a_keys_use_is_noted_once_a_minute() {
    let api = Api::start().await;
    let used = async || api.database.worker.list_operator_keys().await.unwrap()[0].last_used_at;
    assert_eq!(used().await, None);
    api.get("/api/v1/apps").await;
    let first = used().await;
    assert!(first.is_some());
    api.get("/api/v1/apps").await;
    assert_eq!(used().await, first);
}
