//! The terms of use: which are due, and how they are accepted.

use serde_json::{Value, json};

use crate::support::{Api, Browser};

/// Somebody who is logged in, and has accepted that version.
async fn accepted(api: &Api, name: &str, version: Option<&str>) -> Browser {
    let mut browser = Browser::new(name);
    let account = json!({
        "email": browser.email, "password": browser.password, "name": "Ada Lovelace", "terms_version": version,
    });
    assert_eq!(browser.post(api, "/api/v1/auth/register", &account).await.status, 202);
    browser.verify(api).await;
    assert_eq!(browser.log_in(api).await.status, 200);
    browser
}

async fn me(api: &Api, browser: &Browser) -> Value {
    browser.get(api, "/api/v1/me").await.body
}

/// How often it stands in the audit log that these were accepted.
async fn written_down(api: &Api, version: &str) -> Vec<String> {
    let count = format!(
        "SELECT count(*) FROM fresco.audit_log
         WHERE action = 'user.accept_terms' AND actor_kind = 'user' AND result = 'done' AND data ->> 'version' = '{version}'"
    );
    api.database.superuser().ask(&count).await
}

#[tokio::test]
async fn who_has_accepted_others_is_told_which_are_due_and_accepts_just_these() {
    let api = Api::start().await;
    let ada = accepted(&api, "ada", Some("0")).await;
    let before = me(&api, &ada).await;
    assert_eq!((&before["terms_version"], &before["terms_due"]), (&json!("0"), &json!("1")));
    for other in ["0", "2", "", " 1"] {
        let refused = ada.post(&api, "/api/v1/me/terms", &json!({ "version": other })).await;
        let detail = refused.is_problem(409, "terms_not_in_force").body["detail"].clone();
        assert!(detail.as_str().unwrap().contains("those of version `1`"), "{other}: {detail}");
    }
    assert_eq!(me(&api, &ada).await, before, "nothing was accepted");
    let account = ada.post(&api, "/api/v1/me/terms", &json!({ "version": "1" })).await;
    assert_eq!(account.status, 200, "{}", account.text);
    let after = me(&api, &ada).await;
    assert_eq!((&after["terms_version"], &after["terms_due"]), (&json!("1"), &json!(null)));
    assert_eq!(account.body["terms_accepted_at"], after["terms_accepted_at"]);
    assert!(after["terms_accepted_at"].as_str() > before["terms_accepted_at"].as_str());
    assert_eq!(written_down(&api, "1").await, ["1"]);
    let again = ada.post(&api, "/api/v1/me/terms", &json!({ "version": "1" })).await;
    assert_eq!(again.body["terms_accepted_at"], after["terms_accepted_at"], "the first time stays");
    assert_eq!(written_down(&api, "1").await, ["1"]);
}

#[tokio::test]
async fn nothing_is_due_of_who_has_accepted_these_or_was_never_asked() {
    let api = Api::start().await;
    for (name, version) in [("ada", Some("1")), ("grace", None)] {
        let browser = accepted(&api, name, version).await;
        assert_eq!(me(&api, &browser).await["terms_due"], json!(null), "{name}");
    }
}

/// Only the pages ask: whoever has accepted others is kept from nothing that runs.
#[tokio::test]
async fn what_is_due_locks_nobody_out() {
    let api = Api::start().await;
    let ada = accepted(&api, "ada", Some("0")).await;
    let made = ada.post(&api, "/api/v1/tenants", &json!({ "subdomain": "owls", "app": "sample" })).await;
    assert_eq!(made.status, 202, "{}", made.text);
    assert_eq!(ada.get(&api, "/api/v1/tenants").await.body["items"][0]["subdomain"], "owls");
    assert_eq!(me(&api, &ada).await["terms_due"], json!("1"));
}
