//! The audit log, as those who may read it are answered.

use serde_json::{Value, json};

use crate::support::{Api, Browser, PASSWORD, path, unlimited};

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

/// Lines about one account, the newest first, as the operator reads them.
async fn about(api: &Api, account: &Value) -> Vec<Value> {
    let page = api.get(&format!("/api/v1/audit?target={}", account.as_str().unwrap())).await;
    page.body["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn log_ins_stand_there_whatever_came_of_them_with_where_they_came_from() {
    let quota = |text| domain::Quota::parse(text).unwrap();
    let mut limits = unlimited();
    limits.login = quota("5/1h");
    let api = Api::start_with(limits).await;
    let ada = Browser::at_home(&api, "ada").await;
    let account = ada.get(&api, "/api/v1/me").await.body["id"].clone();
    let guess = async |email: &str| {
        let body = json!({ "email": email, "password": "a guess of mine" });
        let request = Browser::new("eve").request(axum::http::Method::POST, "/api/v1/auth/login");
        let request = request.header("x-request-id", "guess-1").body(body.to_string().into());
        api.ask(request.unwrap()).await
    };
    guess("Ada@example.org").await.is_problem(401, "wrong_credentials");
    guess("nobody@example.org").await.is_problem(401, "wrong_credentials");
    api.database.superuser().ask("UPDATE fresco.users SET disabled_at = now() WHERE email LIKE 'ada@%'").await;
    let mut out = Browser { password: PASSWORD.to_owned(), ..Browser::new("ada") };
    out.log_in(&api).await.is_problem(401, "wrong_credentials");
    guess("ada@example.org").await.is_problem(401, "wrong_credentials");
    guess("ada@example.org").await.is_problem(429, "rate_limited");

    let lines = about(&api, &account).await;
    let told = |line: &Value| (line["action"].clone(), line["result"].clone(), line["data"]["because"].clone());
    let expected = [
        ("user.lock_out", "refused", json!("too_often")),
        ("user.sign_in", "failed", json!("password")),
        ("user.sign_in", "failed", json!("disabled")),
        ("user.sign_in", "failed", json!("password")),
        ("user.sign_in", "done", Value::Null),
        ("user.verify_email", "done", Value::Null),
        ("user.create", "done", Value::Null),
    ];
    let expected = expected.map(|(action, result, because)| (json!(action), json!(result), because));
    assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), expected);
    for line in &lines {
        assert_eq!(line["address"], "192.0.2.7", "{line}");
        assert!(line["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
        let kind = if line["result"] == "done" { "user" } else { "anonymous" };
        assert_eq!(line["actor"]["kind"], kind, "{line}");
    }
    assert_eq!(lines[0]["request_id"], "guess-1");
    let unknown = api.get("/api/v1/audit?action=user.sign_in").await;
    let unknown =
        unknown.body["items"].as_array().unwrap().iter().filter(|line| line["target"]["id"].is_null()).count();
    assert_eq!(unknown, 1, "an attempt at no account takes as long, and says nothing of the address");
}

#[tokio::test]
async fn what_ends_and_moves_a_session_stands_there_too() {
    let api = Api::start().await;
    let mut ada = Browser::at_home(&api, "ada").await;
    let account = ada.get(&api, "/api/v1/me").await.body["id"].clone();
    let lab = ada.post(&api, "/api/v1/organisations", &json!({ "name": "Lab" })).await.body["id"].clone();
    let switched = ada.post(&api, "/api/v1/me/organisation", &json!({ "organisation": lab })).await;
    assert_eq!(switched.status, 200);
    let mut thief = ada.clone();
    assert_eq!(ada.refresh(&api).await.status, 200);
    thief.refresh(&api).await.is_problem(401, "session_ended");
    assert_eq!(ada.log_in(&api).await.status, 200);
    let wrong = json!({ "current": "wrong", "password": "another fine sentence" });
    ada.post(&api, "/api/v1/auth/password/change", &wrong).await.is_problem(403, "wrong_password");
    assert_eq!(ada.ask(&api, axum::http::Method::POST, "/api/v1/auth/logout", None).await.status, 204);
    let page = api.get("/api/v1/audit?action=session").await;
    let items = page.body["items"].as_array().unwrap();
    let told: Vec<_> = items.iter().map(|line| (&line["action"], &line["actor"]["kind"])).collect();
    let expected = [("session.end", "user"), ("session.end_reused", "anonymous"), ("session.switch", "user")];
    assert_eq!(
        told,
        expected.map(|(action, kind)| (json!(action), json!(kind))).iter().map(|(a, b)| (a, b)).collect::<Vec<_>>()
    );
    assert!(items.iter().all(|line| line["address"] == "192.0.2.7" && line["request_id"].is_string()), "{}", page.text);
    assert_eq!(about(&api, &account).await[0]["action"], "user.confirm");
}

#[tokio::test]
async fn people_take_their_own_traces_with_them_and_nobody_elses() {
    let api = Api::start().await;
    let (ada, eve) = (Browser::at_home(&api, "ada").await, Browser::at_home(&api, "eve").await);
    let organisation = ada.get(&api, "/api/v1/me").await.body["organisation"].as_str().unwrap().to_owned();
    let keys = format!("/api/v1/organisations/{organisation}/api-keys");
    let made = ada.post(&api, &keys, &json!({ "name": "mine", "scopes": ["tenant.view"] })).await;
    let gone = ada.post(&api, &keys, &json!({ "name": "gone", "scopes": ["tenant.view"] })).await;
    let path = format!("{keys}/{}", gone.body["key"]["id"].as_str().unwrap());
    assert_eq!(ada.ask(&api, axum::http::Method::DELETE, &path, None).await.status, 204);
    eve.post(&api, "/api/v1/organisations", &json!({ "name": "Eve's" })).await;
    Browser { password: "a guess of mine".to_owned(), ..Browser::new("ada") }.log_in(&api).await;

    let export = ada.get(&api, "/api/v1/me/export").await;
    let names: Vec<_> = export.body["api_keys"].as_array().unwrap().iter().map(|key| &key["name"]).collect();
    assert_eq!(names, ["mine", "gone"]);
    assert!(export.body["api_keys"][1]["revoked_at"].is_string() && export.body["api_keys"][0]["revoked_at"].is_null());
    let actions: Vec<_> = export.body["audit"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    let expected = [
        "user.sign_in",
        "api_key.revoke",
        "api_key.create",
        "api_key.create",
        "user.sign_in",
        "user.verify_email",
        "user.create",
    ];
    assert_eq!(actions, expected);
    assert!(!export.text.contains("eve") && !export.text.contains("Eve"), "{}", export.text);
    for secret in [&made.body["token"], &gone.body["token"]] {
        let secret = secret.as_str().unwrap().rsplit('_').next().unwrap();
        assert!(!export.text.contains(secret));
    }
    assert!(!export.text.contains("argon2") && !export.text.contains("hash"), "{}", export.text);
}
