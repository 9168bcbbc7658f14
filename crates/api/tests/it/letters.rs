//! Which letters somebody gets, and which of them they may do without.

use std::time::Duration;

use api::LimitSettings;
use axum::http::Method;
use domain::Quota;
use domain::tenant::Status;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Answer, Api, Browser, HELP, unlimited};

async fn letters(api: &Api, email: &str) -> Vec<String> {
    let all = api.database.api.list_mails(None, storage::Part::first(100)).await.unwrap().items;
    all.into_iter().filter(|mail| mail.recipient == email).map(|mail| mail.kind).collect()
}

async fn choose(api: &Api, browser: &Browser, letters: Value) -> Answer {
    let change = json!({ "preferences": { "theme": "dark", "letters": letters } });
    browser.ask(api, Method::PATCH, "/api/v1/me", Some(&change)).await
}

#[tokio::test]
async fn an_account_says_which_letters_are_a_choice_and_takes_no_other() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let of = |account: &Value, kind: &str| {
        let all = account["letters"].as_array().unwrap();
        let one = all.iter().find(|letters| letters["kind"] == kind).unwrap();
        (one["optional"].as_bool().unwrap(), one["wanted"].as_bool().unwrap())
    };
    let before = ada.get(&api, "/api/v1/me").await.body;
    assert_eq!((of(&before, "instance_ready"), of(&before, "new_sign_in")), ((true, true), (false, true)));
    let after = choose(&api, &ada, json!({ "instance_ready": false, "invitation": true })).await.body;
    assert_eq!((of(&after, "instance_ready"), of(&after, "invitation")), ((true, false), (true, true)));
    for (wrong, pointer) in [
        (json!({ "new_sign_in": false }), "/new_sign_in"),
        (json!({ "new_sign_in": true }), "/new_sign_in"),
        (json!({ "nothing": false }), "/nothing"),
        (json!({ "instance_ready": "no" }), "/instance_ready"),
        (json!([]), ""),
    ] {
        let refused = choose(&api, &ada, wrong).await;
        refused.is_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("#/preferences/letters{pointer}"));
    }
    assert_eq!(of(&ada.get(&api, "/api/v1/me").await.body, "instance_ready"), (true, false), "as it was");
}

#[tokio::test]
async fn a_draft_is_found_again_by_a_letter_unless_its_address_wants_none() {
    let api = Api::start().await;
    let mut anybody = Browser::new("ada");
    let begin = async |browser: &Browser| {
        let started = browser.post(&api, "/api/v1/wizard/sessions", &json!({ "email": browser.email })).await;
        assert_eq!(started.status, 201, "{}", started.text);
        started.body
    };
    let started = begin(&anybody).await;
    assert_eq!(letters(&api, &anybody.email).await, ["continue_sign_up"]);
    let token = api.mailed_token(&anybody.email, "continue_sign_up").await;
    assert_eq!(started["token"], token);
    anybody.access = Some(token);
    let path = format!("/api/v1/wizard/sessions/{}", started["session"]["id"].as_str().unwrap());
    assert_eq!(anybody.get(&api, &path).await.body["step"], "account");

    let bea = Browser::at_home(&api, "bea").await;
    choose(&api, &bea, json!({ "continue_sign_up": false })).await;
    begin(&Browser { access: None, cookie: None, ..bea.clone() }).await;
    assert_eq!(letters(&api, &bea.email).await, ["verify_email"]);
}

/// An instance of theirs, which runs now.
async fn running(api: &Api, browser: &Browser, subdomain: &str) -> Value {
    let wish = json!({ "subdomain": subdomain, "app": "sample" });
    let made = browser.post(api, "/api/v1/tenants", &wish).await;
    assert_eq!(made.status, 202, "{}", made.text);
    let tenant = made.body["tenant"].clone();
    api.worker().settle(&tenant, Status::Active).await;
    tenant
}

#[tokio::test]
async fn whoever_had_an_instance_made_is_told_once_that_it_runs() {
    let api = Api::start().await;
    let (ada, bea) = (Browser::at_home(&api, "ada").await, Browser::at_home(&api, "bea").await);
    let gone = Browser::at_home(&api, "gone").await;
    choose(&api, &bea, json!({ "instance_ready": false })).await;
    let wish = json!({ "subdomain": "pending", "app": "sample" });
    assert_eq!(ada.post(&api, "/api/v1/tenants", &wish).await.status, 202);
    let tenant = running(&api, &ada, "adas-study").await;
    running(&api, &bea, "beas-study").await;
    running(&api, &gone, "a-gone-study").await;
    let operators = api.create("operators").await;
    api.worker().settle(&operators, Status::Active).await;
    let mut root = api.database.superuser();
    root.ask("UPDATE fresco.users SET disabled_at = now() WHERE email LIKE 'gone@%'").await;

    // As two processes do it.
    let mut tasks = JoinSet::new();
    for _ in 0..2 {
        tasks.spawn(api::tell_ready(api.state.clone(), Duration::from_millis(20), api.stop.clone()));
    }
    root.until("SELECT count(*) = 4 FROM fresco.tenants WHERE ready_told_at IS NOT NULL").await;
    assert_eq!(letters(&api, &ada.email).await, ["instance_ready", "verify_email"]);
    for other in [&bea, &gone] {
        assert_eq!(letters(&api, &other.email).await, ["verify_email"], "{}", other.email);
    }
    let mail = root.ask("SELECT recipient FROM fresco.mail_outbox WHERE kind = 'instance_ready'").await;
    assert_eq!(mail, ["ada@example.org"]);

    // It runs a second time, and so does another.
    let path = format!("/api/v1/tenants/{}", tenant["id"].as_str().unwrap());
    for (operation, status) in [("stop", Status::Stopped), ("start", Status::Active)] {
        let asked = ada.post(&api, &format!("{path}/{operation}"), &json!({})).await;
        assert_eq!(asked.status, 202, "{}", asked.text);
        api.worker().settle(&tenant, status).await;
    }
    running(&api, &ada, "another").await;
    root.until("SELECT count(*) = 5 FROM fresco.tenants WHERE ready_told_at IS NOT NULL").await;
    assert_eq!(letters(&api, &ada.email).await, ["instance_ready", "instance_ready", "verify_email"]);
    api.stop.cancel();
    tasks.join_all().await;
}

#[tokio::test]
async fn who_asks_for_help_writes_to_the_operator_and_gets_the_answer() {
    let api = Api::start().await;
    let anybody = Browser::new("ada");
    assert_eq!(anybody.get(&api, "/api/v1/help").await.body, json!({ "takes_messages": true }));
    let text = "It says \"full\".\nWhat now?";
    let asked = json!({ "email": anybody.email, "message": text, "instance": "my-study" });
    assert_eq!(anybody.post(&api, "/api/v1/help", &asked).await.status, 202);
    assert_eq!(letters(&api, HELP).await, ["help_wanted"]);
    assert_eq!(letters(&api, &anybody.email).await, Vec::<String>::new());
    for (wrong, field) in [
        (json!({ "email": "ada", "message": text }), "email"),
        (json!({ "email": anybody.email, "message": " \n" }), "message"),
        (json!({ "email": anybody.email, "message": "é".repeat(5_001) }), "message"),
        (json!({ "email": anybody.email, "message": text, "instance": "x".repeat(201) }), "instance"),
    ] {
        let refused = anybody.post(&api, "/api/v1/help", &wrong).await;
        refused.is_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["pointer"], format!("#/{field}"));
    }
    assert_eq!(letters(&api, HELP).await.len(), 1);
}

#[tokio::test]
async fn nobody_asks_for_help_too_often_nor_where_nobody_reads_it() {
    let quota = |text| Quota::parse(text).unwrap();
    let api = Api::start_with(LimitSettings { mail_address: quota("2/1h"), ..unlimited() }).await;
    let anybody = Browser::new("ada");
    for status in [202, 202, 429] {
        let asked = json!({ "email": format!("{status}@example.org"), "message": "Help" });
        assert_eq!(anybody.post(&api, "/api/v1/help", &asked).await.status, status);
    }
    let api = Api::start_without_help().await;
    assert_eq!(anybody.get(&api, "/api/v1/help").await.body, json!({ "takes_messages": false }));
    let asked = json!({ "email": anybody.email, "message": "Help" });
    anybody.post(&api, "/api/v1/help", &asked).await.is_problem(404, "no_help_address");
}
