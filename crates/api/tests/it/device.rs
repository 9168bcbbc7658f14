//! A key for a program on somebody's machine: asked for, looked at, answered, fetched once.

use domain::Quota;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Browser, unlimited};

/// A program, which has no browser.
fn program() -> Browser {
    Browser { user_agent: "frescod/1", ..Browser::new("program") }
}

async fn begin(api: &Api) -> Value {
    let begun = program().post(api, "/api/v1/auth/device", &json!({ "name": "frescod on laptop" })).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    begun.body
}

async fn redeem(api: &Api, codes: &Value) -> Answer {
    program().post(api, "/api/v1/auth/device/token", &json!({ "device_code": codes["device_code"] })).await
}

async fn answer(api: &Api, who: &Browser, codes: &Value, allow: bool) -> Answer {
    let body = json!({ "user_code": codes["user_code"], "allow": allow });
    who.post(api, "/api/v1/auth/device/answer", &body).await
}

#[tokio::test]
async fn a_program_gets_a_key_of_whoever_says_yes_and_gets_it_once() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let codes = begin(&api).await;
    let (page, whole) =
        (codes["verification_uri"].as_str().unwrap(), codes["verification_uri_complete"].as_str().unwrap());
    assert_eq!(whole, format!("{page}#code={}", codes["user_code"].as_str().unwrap()));
    assert!(page.ends_with("/device"), "{page}");
    redeem(&api, &codes).await.is_problem(400, "authorization_pending");

    let typed = codes["user_code"].as_str().unwrap().to_lowercase().replace('-', " ");
    let shown = ada.post(&api, "/api/v1/auth/device/look", &json!({ "user_code": typed })).await;
    assert_eq!((&shown.body["name"], &shown.body["address"]), (&json!("frescod on laptop"), &json!("192.0.2.7")));
    assert_eq!(answer(&api, &ada, &codes, true).await.status, 204);
    answer(&api, &ada, &codes, true).await.is_problem(403, "device_refused");

    let (one, other) = tokio::join!(redeem(&api, &codes), redeem(&api, &codes));
    let (fetched, late) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!(fetched.status, 200, "{}", fetched.text);
    late.is_problem(403, "device_refused");
    redeem(&api, &codes).await.is_problem(403, "device_refused");

    let key = Browser { access: fetched.body["token"].as_str().map(str::to_owned), ..program() };
    let caller = key.get(&api, "/api/v1/auth/caller").await;
    let expected = (json!("api_key"), json!("ada@example.org"), json!("owner"), json!("good"));
    let said = ["kind", "email", "role", "standing"].map(|name| caller.body[name].clone());
    assert_eq!(said, <[Value; 4]>::from(expected), "{}", caller.text);
    let scopes = fetched.body["scopes"].as_array().unwrap();
    assert!(scopes.contains(&json!("tenant.create")) && scopes.contains(&json!("api_keys.own")), "{scopes:?}");
    assert!(
        !scopes.contains(&json!("members.manage")) && !scopes.contains(&json!("organisation.delete")),
        "{scopes:?}"
    );
    let made = key.post(&api, "/api/v1/tenants", &json!({ "subdomain": "adas-study", "app": "sample" })).await;
    assert_eq!(made.status, 202, "{}", made.text);

    // It ends what it was given, as `frescod logout` has it do.
    let organisation = fetched.body["organisation"].as_str().unwrap();
    let own = format!("/api/v1/organisations/{organisation}/api-keys/{}", fetched.body["id"].as_str().unwrap());
    assert_eq!(key.ask(&api, axum::http::Method::DELETE, &own, None).await.status, 204);
    key.get(&api, "/api/v1/auth/caller").await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_code_is_answered_the_same() {
    let api = Api::start().await;
    let (ada, mut root) = (Browser::at_home(&api, "ada").await, api.database.superuser());
    let refused = begin(&api).await;
    assert_eq!(answer(&api, &ada, &refused, false).await.status, 204);
    let expired = begin(&api).await;
    root.ask("UPDATE fresco.device_codes SET expires_at = now() - interval '1 s'").await;
    let nothing = json!({ "device_code": "0".repeat(64), "user_code": "BCDF-GHJK" });
    let nonsense = json!({ "device_code": "x", "user_code": "1" });
    let mut answers = Vec::new();
    for codes in [&refused, &expired, &nothing, &nonsense] {
        let look = json!({ "user_code": codes["user_code"] });
        for told in [
            redeem(&api, codes).await,
            answer(&api, &ada, codes, true).await,
            ada.post(&api, "/api/v1/auth/device/look", &look).await,
        ] {
            told.is_problem(403, "device_refused");
            answers.push(told.body["detail"].clone());
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");

    // Between yes and the fetching, who has said it may leave, or be shut out.
    for change in ["DELETE FROM fresco.memberships", "UPDATE fresco.users SET disabled_at = now()"] {
        let eve = Browser::at_home(&api, &format!("eve{}", change.len())).await;
        let codes = begin(&api).await;
        assert_eq!(answer(&api, &eve, &codes, true).await.status, 204);
        root.ask(change).await;
        let fetched = redeem(&api, &codes).await;
        let key = Browser { access: fetched.body["token"].as_str().map(str::to_owned), ..program() };
        let known = key.get(&api, "/api/v1/auth/caller").await;
        known.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn nothing_of_a_code_is_kept_but_its_hash() {
    let api = Api::start().await;
    let codes = begin(&api).await;
    let mut root = api.database.superuser();
    let row = root.ask("SELECT d::text FROM fresco.device_codes d").await.join("");
    for secret in ["device_code", "user_code"] {
        let secret = codes[secret].as_str().unwrap();
        assert!(!row.contains(secret) && !row.contains(&secret.replace('-', "")), "{row}");
    }
}

#[tokio::test]
async fn codes_are_neither_asked_for_nor_tried_without_end() {
    let quota = |text| Quota::parse(text).unwrap();
    let mut limits = unlimited();
    limits.login = quota("3/1h");
    let api = Api::start_with(limits).await;
    let ada = Browser::at_home(&api, "ada").await;
    let guess = async || ada.post(&api, "/api/v1/auth/device/look", &json!({ "user_code": "BCDF-GHJK" })).await;
    for _ in 0..3 {
        guess().await.is_problem(403, "device_refused");
    }
    guess().await.is_problem(429, "rate_limited");
    let mut again = ada.clone();
    assert_eq!(again.log_in(&api).await.status, 200, "who has guessed too much can still log in");

    limits.login_address = quota("2/1h");
    let api = Api::start_with(limits).await;
    begin(&api).await;
    begin(&api).await;
    program().post(&api, "/api/v1/auth/device", &json!({})).await.is_problem(429, "rate_limited");
}
