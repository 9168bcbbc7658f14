//! The audit log, as those who may read it are answered.

use serde_json::{Value, json};

use crate::support::{Api, path};

#[tokio::test]
async fn what_is_done_stands_there_with_who_asked_and_the_requests_id() {
    let api = Api::start().await;
    let tenant = api.create("my-study").await;
    let stop =
        api.request(axum::http::Method::POST, &format!("{}/stop", path(&tenant))).header("x-request-id", "mine-1");
    assert_eq!(api.ask(stop.body(axum::body::Body::empty()).unwrap()).await.status, 202);
    let refused = api.post(&format!("{}/stop", path(&tenant)), &json!({})).await;
    assert_eq!(refused.status, 409);
    let of_it = format!("/api/v1/audit?target={}", tenant["id"].as_str().unwrap());
    let page = api.get(&of_it).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let items = page.body["items"].as_array().unwrap();
    let actions: Vec<&Value> = items.iter().map(|line| &line["action"]).collect();
    assert_eq!(actions, ["tenant.stop", "tenant.deploy"]);
    let stop = &items[0];
    assert_eq!((&stop["actor"]["kind"], &stop["actor"]["label"]), (&json!("operator"), &json!("a test's")));
    assert_eq!((&stop["request_id"], &stop["result"]), (&json!("mine-1"), &json!("done")));
    assert_eq!((&stop["target"]["id"], &stop["target"]["label"]), (&tenant["id"], &json!("my-study")));
}

#[tokio::test]
async fn pages_and_the_export_say_the_same() {
    let api = Api::start().await;
    for number in 0..5 {
        api.create(&format!("study-{number}")).await;
    }
    let (mut paged, mut query) = (Vec::new(), "/api/v1/audit?action=tenant&limit=2".to_owned());
    loop {
        let page = api.get(&query).await;
        paged.extend(page.body["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page.body["next"].as_i64() else { break };
        query = format!("/api/v1/audit?action=tenant&limit=2&before={next}");
    }
    assert_eq!(paged.len(), 5);
    let export = api.get("/api/v1/audit/export?action=tenant").await;
    assert_eq!(export.header("content-type"), "application/x-ndjson");
    let exported: Vec<Value> = export.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(exported, paged);
}

#[tokio::test]
async fn a_wrong_filter_is_told_by_its_name() {
    let api = Api::start().await;
    for (query, name) in [
        ("organisation=x", "organisation"),
        ("actor=x", "actor"),
        ("action=Tenant", "action"),
        ("action=a.b.c", "action"),
        ("target=", "target"),
        ("limit=0", "limit"),
    ] {
        for path in ["/api/v1/audit", "/api/v1/audit/export"] {
            if name == "limit" && path.ends_with("export") {
                continue;
            }
            let answer = api.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.is_problem(422, "invalid_request").body["errors"][0]["parameter"], name, "{query}");
        }
    }
}
