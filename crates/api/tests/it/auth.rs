//! Accounts and sessions, as a browser meets them.

use axum::http::Method;
use chrono::TimeDelta;
use domain::{Clock, Quota, SystemClock};
use serde_json::{Value, json};

use crate::support::{Answer, Api, Browser, PASSWORD, unlimited};

async fn kinds(api: &Api, email: &str) -> Vec<String> {
    let all = api.database.api.list_mails(None, storage::Part::first(100)).await.unwrap().items;
    all.into_iter().filter(|mail| mail.recipient == email).map(|mail| mail.kind).collect()
}

#[tokio::test]
async fn somebody_registers_verifies_logs_in_and_is_known() {
    let api = Api::start().await;
    let mut ada = Browser::new("ada");
    let registered = ada.register(&api).await;
    assert_eq!((registered.status.as_u16(), registered.text.as_str()), (202, ""));
    let token = api.mailed_token(&ada.email, "verify_email").await;

    let entered = ada.log_in(&api).await;
    assert_eq!(entered.status, 200, "{}", entered.text);
    let set = entered.header("set-cookie");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"), "{set}");
    assert_eq!(entered.header("cache-control"), "no-store");
    let me = ada.get(&api, "/api/v1/me").await;
    assert_eq!((&me.body["email"], &me.body["email_verified"]), (&json!("ada@example.org"), &json!(false)));
    assert_eq!((&me.body["role"], &me.body["organisations"][0]["personal"]), (&json!("owner"), &json!(true)));
    assert_eq!(me.body["organisation"], me.body["organisations"][0]["organisation"]);

    let verify = json!({ "token": token });
    assert_eq!(ada.post(&api, "/api/v1/auth/verify-email", &verify).await.status, 204);
    ada.post(&api, "/api/v1/auth/verify-email", &verify).await.is_problem(403, "link_refused");
    let me = ada.get(&api, "/api/v1/me").await;
    assert_eq!(me.body["email_verified"], true);
    assert!(me.body["last_login_at"].is_string());
    // What may be done with it is the table's to say: an owner makes instances.
    let made = ada.post(&api, "/api/v1/tenants", &json!({ "subdomain": "adas-study", "app": "sample" })).await;
    assert_eq!(made.status, 202, "{}", made.text);
}

#[tokio::test]
async fn nobody_is_told_whether_an_address_has_an_account() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let (known, unknown) = (ada.email.clone(), "nobody@example.org".to_owned());
    let same = |one: Answer, other: Answer| {
        let plain = |answer: &Answer| {
            let mut body = answer.body.clone();
            if let Some(body) = body.as_object_mut() {
                body.remove("request_id");
            }
            (answer.status, body)
        };
        assert_eq!(plain(&one), plain(&other));
    };
    let stranger = Browser::new("stranger");
    let ask = async |path: &str, body: Value| stranger.post(&api, path, &body).await;
    let register = |email: &str| json!({ "email": email, "password": PASSWORD, "name": "Somebody" });
    same(
        ask("/api/v1/auth/register", register("new@example.org")).await,
        ask("/api/v1/auth/register", register(&known)).await,
    );
    let forgot = |email: &str| json!({ "email": email });
    same(
        ask("/api/v1/auth/password/forgot", forgot(&unknown)).await,
        ask("/api/v1/auth/password/forgot", forgot(&known)).await,
    );
    let login = |email: &str| json!({ "email": email, "password": "not the password" });
    same(ask("/api/v1/auth/login", login(&unknown)).await, ask("/api/v1/auth/login", login(&known)).await);
    ask("/api/v1/auth/login", login(&known)).await.is_problem(401, "wrong_credentials");
    assert_eq!(kinds(&api, &unknown).await, ["no_account"]);
    assert_eq!(kinds(&api, &known).await, ["reset_password", "already_registered", "verify_email"]);
}

#[tokio::test]
async fn a_weak_password_is_refused_with_words_that_help() {
    let api = Api::start().await;
    for weak in ["password", "ada@example.org", "short7"] {
        let ada = Browser { password: weak.to_owned(), ..Browser::new("ada") };
        let refused = ada.register(&api).await;
        refused.is_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["pointer"], "#/password");
        assert!(refused.body["detail"].as_str().unwrap().len() > 40, "{}", refused.text);
        assert!(!refused.text.contains(&format!("\"{weak}\"")), "{}", refused.text);
    }
    let long = Browser { password: "x".repeat(257), ..Browser::new("ada") };
    long.register(&api).await.is_problem(422, "invalid_request");
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_second_use_ends_the_session() {
    let api = Api::start().await;
    let mut ada = Browser::at_home(&api, "ada").await;
    let mut thief = ada.clone();
    let first = ada.access.clone();
    assert_eq!(ada.refresh(&api).await.status, 200);
    assert_eq!(ada.get(&api, "/api/v1/me").await.status, 200);
    let before = Browser { access: first, ..ada.clone() };
    assert_eq!(before.get(&api, "/api/v1/me").await.status, 200, "the token of before is good until it expires");

    let stolen = thief.refresh(&api).await;
    stolen.is_problem(401, "session_ended");
    assert!(stolen.header("set-cookie").contains("Max-Age=0"));
    for browser in [&ada, &before] {
        browser.get(&api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    }
    ada.refresh(&api).await.is_problem(401, "session_ended");
}

#[tokio::test]
async fn only_our_own_pages_use_the_cookie() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    for path in ["/api/v1/auth/refresh", "/api/v1/auth/logout"] {
        for (site, origin) in [
            (Some("same-site"), Some("https://tenant.example.org")),
            (Some("cross-site"), None),
            (None, Some("https://tenant.example.org")),
            (None, Some("null")),
            (None, None),
        ] {
            let mut request = ada.request(Method::POST, path);
            let headers = request.headers_mut().unwrap();
            headers.remove("sec-fetch-site");
            headers.remove("origin");
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            api.ask(request.body(axum::body::Body::empty()).unwrap()).await.is_problem(403, "cross_site");
        }
    }
    let mut old = ada.request(Method::POST, "/api/v1/auth/refresh");
    old.headers_mut().unwrap().remove("sec-fetch-site");
    assert_eq!(
        api.ask(old.body(axum::body::Body::empty()).unwrap()).await.status,
        200,
        "an old browser says its origin"
    );
    // A page of others logs nobody in as somebody else.
    let mut login = ada.request(Method::POST, "/api/v1/auth/login");
    login.headers_mut().unwrap().insert("sec-fetch-site", "cross-site".parse().unwrap());
    let body = json!({ "email": ada.email, "password": ada.password }).to_string();
    api.ask(login.body(body.into()).unwrap()).await.is_problem(403, "cross_site");
}

#[tokio::test]
async fn sessions_are_listed_and_end_at_once() {
    let api = Api::start().await;
    let mut ada = Browser::at_home(&api, "ada").await;
    let mut phone = Browser { user_agent: "Mozilla/5.0 (Linux; Android 15) Chrome/140.0", ..ada.clone() };
    let remembered = phone.log_in_with(&api, json!({ "remember": true })).await;
    assert!(remembered.header("set-cookie").ends_with("Max-Age=2592000"));
    assert_eq!(kinds(&api, &ada.email).await[0], "new_sign_in", "from a browser not seen before");
    let listed = ada.get(&api, "/api/v1/me/sessions").await;
    let items = listed.body["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{}", listed.text);
    let other = items.iter().find(|item| item["current"] == false).unwrap();
    assert_eq!((&other["remembered"], &other["address"]), (&json!(true), &json!("192.0.2.7")));
    let path = format!("/api/v1/me/sessions/{}", other["id"].as_str().unwrap());

    let eve = Browser::at_home(&api, "eve").await;
    eve.ask(&api, Method::DELETE, &path, None).await.is_problem(404, "session_not_found");
    assert_eq!(phone.get(&api, "/api/v1/me").await.status, 200);
    assert_eq!(ada.ask(&api, Method::DELETE, &path, None).await.status, 204);
    phone.get(&api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    phone.refresh(&api).await.is_problem(401, "session_ended");

    phone.log_in(&api).await;
    assert_eq!(ada.ask(&api, Method::DELETE, "/api/v1/me/sessions", None).await.status, 204);
    phone.get(&api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    let out = ada.ask(&api, Method::POST, "/api/v1/auth/logout", None).await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    ada.get(&api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    ada.refresh(&api).await.is_problem(401, "session_ended");
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_is_good_once() {
    let api = Api::start().await;
    let mut ada = Browser::at_home(&api, "ada").await;
    let ask = async || {
        ada.post(&api, "/api/v1/auth/password/forgot", &json!({ "email": "ADA@example.org" })).await;
        api.mailed_token("ada@example.org", "reset_password").await
    };
    let (first, second) = (ask().await, ask().await);
    let reset = async |token: &str, password: &str| {
        let body = json!({ "token": token, "password": password });
        Browser::new("anybody").post(&api, "/api/v1/auth/password/reset", &body).await
    };
    reset(&first, "another fine sentence").await.is_problem(403, "link_refused");
    reset(&second, "password1").await.is_problem(422, "invalid_request");
    assert_eq!(reset(&second, "another fine sentence").await.status, 204);
    reset(&second, "another fine sentence").await.is_problem(403, "link_refused");
    ada.get(&api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    ada.log_in(&api).await.is_problem(401, "wrong_credentials");
    ada.password = "another fine sentence".to_owned();
    assert_eq!(ada.log_in(&api).await.status, 200);
    assert!(kinds(&api, "ada@example.org").await.contains(&"password_changed".to_owned()));
}

#[tokio::test]
async fn a_changed_password_ends_every_other_session() {
    let api = Api::start().await;
    let mut ada = Browser::at_home(&api, "ada").await;
    let mut phone = ada.clone();
    phone.log_in(&api).await;
    let change = async |current: &str, password: &str| {
        ada.post(&api, "/api/v1/auth/password/change", &json!({ "current": current, "password": password })).await
    };
    change("wrong", "another fine sentence").await.is_problem(403, "wrong_password");
    change(PASSWORD, "Ada Lovelace").await.is_problem(422, "invalid_request");
    assert_eq!(change(PASSWORD, "another fine sentence").await.status, 204);
    assert_eq!(ada.get(&api, "/api/v1/me").await.status, 200);
    phone.get(&api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    ada.log_in(&api).await.is_problem(401, "wrong_credentials");
}

/// The code that an app shows.
pub(crate) fn code(secret: &str, at: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).with_account_name("ada").build().unwrap();
    totp.generate(u64::try_from(at).unwrap()).to_string()
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_no_code_is_taken_twice() {
    let api = Api::start().await;
    let mut ada = Browser::at_home(&api, "ada").await;
    let again = json!({ "password": PASSWORD });
    ada.post(&api, "/api/v1/me/totp", &json!({ "password": "wrong" })).await.is_problem(403, "wrong_password");
    ada.post(&api, "/api/v1/me/recovery-codes", &again).await.is_problem(409, "no_second_factor");
    let begun = ada.post(&api, "/api/v1/me/totp", &again).await;
    assert!(begun.body["url"].as_str().unwrap().starts_with("otpauth://totp/fresco-platform:"), "{}", begun.text);
    let secret = begun.body["secret"].as_str().unwrap().to_owned();
    assert_eq!(ada.log_in(&api).await.status, 200, "it is not confirmed yet");

    let confirm = async |code: &str| ada.post(&api, "/api/v1/me/totp/confirm", &json!({ "code": code })).await;
    confirm("000000").await.is_problem(403, "wrong_code");
    let now = SystemClock.now().timestamp();
    let shown = code(&secret, now);
    let confirmed = confirm(&shown).await;
    let codes = confirmed.body["codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 10, "{}", confirmed.text);
    assert_eq!(kinds(&api, &ada.email).await[0], "two_factor_changed");
    assert_eq!(ada.get(&api, "/api/v1/me").await.body["second_factor"], true);
    ada.post(&api, "/api/v1/me/totp", &again).await.is_problem(409, "second_factor_in_use");

    let mut phone = ada.clone();
    phone.log_in(&api).await.is_problem(401, "second_factor_required");
    let replayed = phone.log_in_with(&api, json!({ "code": shown })).await;
    replayed.is_problem(401, "wrong_credentials");
    let next = code(&secret, now + 30);
    assert_eq!(phone.log_in_with(&api, json!({ "code": next })).await.status, 200);
    phone.log_in_with(&api, json!({ "code": next })).await.is_problem(401, "wrong_credentials");
    assert_eq!(phone.log_in_with(&api, json!({ "code": codes[0] })).await.status, 200);
    phone.log_in_with(&api, json!({ "code": codes[0] })).await.is_problem(401, "wrong_credentials");
    assert_eq!(phone.get(&api, "/api/v1/me").await.body["recovery_codes_left"], 9);

    let both = |code: &Value| json!({ "password": PASSWORD, "code": code });
    let fresh = phone.post(&api, "/api/v1/me/recovery-codes", &both(&codes[1])).await;
    let fresh = fresh.body["codes"].as_array().unwrap().clone();
    assert_eq!(fresh.len(), 10);
    phone.log_in_with(&api, json!({ "code": codes[2] })).await.is_problem(401, "wrong_credentials");
    assert_eq!(phone.post(&api, "/api/v1/me/totp/disable", &both(&fresh[0])).await.status, 204);
    phone.post(&api, "/api/v1/me/totp/disable", &again).await.is_problem(409, "no_second_factor");
    assert_eq!(ada.log_in(&api).await.status, 200);
}

/// Who has learned the password, and sits at a browser that was left open, does not get rid of what they don't have.
#[tokio::test]
async fn nothing_does_away_with_the_second_factor_but_the_second_factor() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let begun = ada.post(&api, "/api/v1/me/totp", &json!({ "password": PASSWORD })).await;
    let (secret, now) = (begun.body["secret"].as_str().unwrap().to_owned(), SystemClock.now().timestamp());
    let used = code(&secret, now);
    let confirmed = ada.post(&api, "/api/v1/me/totp/confirm", &json!({ "code": used })).await;
    let recovery = confirmed.body["codes"][0].as_str().unwrap().to_owned();
    for (method, path) in [
        (Method::POST, "/api/v1/me/recovery-codes"),
        (Method::POST, "/api/v1/me/totp/disable"),
        (Method::DELETE, "/api/v1/me"),
    ] {
        let ask = async |body: Value| ada.ask(&api, method.clone(), path, Some(&body)).await;
        ask(json!({ "password": PASSWORD })).await.is_problem(401, "second_factor_required");
        for wrong in ["000000", &used, "0000-0000-0000-0000", ""] {
            ask(json!({ "password": PASSWORD, "code": wrong })).await.is_problem(403, "wrong_code");
        }
        ask(json!({ "password": "wrong", "code": recovery })).await.is_problem(403, "wrong_password");
    }
    let me = ada.get(&api, "/api/v1/me").await;
    assert_eq!((&me.body["second_factor"], &me.body["recovery_codes_left"]), (&json!(true), &json!(10)));
    let disable = json!({ "password": PASSWORD, "code": code(&secret, now + 30) });
    assert_eq!(ada.post(&api, "/api/v1/me/totp/disable", &disable).await.status, 204);
}

/// Eve makes an account with Ada's address, with all that lets her in later, and waits for Ada to verify it.
#[tokio::test]
async fn nobody_waits_in_an_account_for_the_owner_of_its_address() {
    let api = Api::start().await;
    let mut eve = Browser { password: "a sentence of eve alone".to_owned(), ..Browser::new("ada") };
    eve.register(&api).await;
    assert_eq!(eve.log_in(&api).await.status, 200);
    let organisation = eve.get(&api, "/api/v1/me").await.body["organisation"].as_str().unwrap().to_owned();
    let keys = format!("/api/v1/organisations/{organisation}/api-keys");
    let made = eve.post(&api, &keys, &json!({ "name": "for later", "scopes": ["tenant.view"] })).await;
    let key = Browser { access: made.body["token"].as_str().map(str::to_owned), ..Browser::new("eve") };
    assert_eq!(key.get(&api, "/api/v1/tenants").await.status, 200, "{}", made.text);
    let begun = eve.post(&api, "/api/v1/me/totp", &json!({ "password": eve.password })).await;
    let shown = code(begun.body["secret"].as_str().unwrap(), SystemClock.now().timestamp());
    assert_eq!(eve.post(&api, "/api/v1/me/totp/confirm", &json!({ "code": shown })).await.status, 200);

    // Ada follows the link in the letter that Eve has had sent to her; at her browser she is somebody else, or nobody.
    let token = api.mailed_token(&eve.email, "verify_email").await;
    let verify = async |browser: &Browser, more: Value| {
        let mut body = json!({ "token": token });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        browser.post(&api, "/api/v1/auth/verify-email", &body).await
    };
    let other = Browser::at_home(&api, "grace").await;
    for browser in [&Browser::new("ada"), &other] {
        verify(browser, json!({})).await.is_problem(403, "password_required");
        verify(browser, json!({ "password": PASSWORD })).await.is_problem(403, "wrong_password");
    }
    assert_eq!(eve.get(&api, "/api/v1/me").await.body["email_verified"], false);

    // So she asks for a new password, and nothing of Eve's is left.
    let mut ada = Browser::new("ada");
    ada.post(&api, "/api/v1/auth/password/forgot", &json!({ "email": ada.email })).await;
    let link = api.mailed_token(&ada.email, "reset_password").await;
    let reset = json!({ "token": link, "password": PASSWORD });
    assert_eq!(ada.post(&api, "/api/v1/auth/password/reset", &reset).await.status, 204);
    for one in [&eve, &key] {
        one.get(&api, "/api/v1/tenants").await.is_problem(401, "unauthenticated");
    }
    eve.refresh(&api).await.is_problem(401, "session_ended");
    eve.log_in(&api).await.is_problem(401, "wrong_credentials");
    assert_eq!(ada.log_in(&api).await.status, 200, "without Eve's second factor");
    assert_eq!(ada.get(&api, "/api/v1/me").await.body["email_verified"], true);
}

#[tokio::test]
async fn an_address_is_verified_where_one_is_signed_in_or_by_the_password() {
    let api = Api::start().await;
    let mut ada = Browser::new("ada");
    ada.register(&api).await;
    ada.log_in(&api).await;
    let verify = async |browser: &Browser| {
        let token = api.mailed_token(&browser.email, "verify_email").await;
        browser.post(&api, "/api/v1/auth/verify-email", &json!({ "token": token })).await
    };
    // Another tab may be about to renew the cookie.
    let tab = ada.clone();
    assert_eq!(ada.refresh(&api).await.status, 200);
    let ended = {
        let mut ended = ada.clone();
        ended.log_in(&api).await;
        ended.ask(&api, Method::POST, "/api/v1/auth/logout", None).await;
        ended
    };
    verify(&ended).await.is_problem(403, "password_required");
    assert_eq!(verify(&tab).await.status, 204);
    assert_eq!(ada.get(&api, "/api/v1/me").await.body["email_verified"], true);
    let elsewhere = Browser::new("bea");
    elsewhere.register(&api).await;
    elsewhere.verify(&api).await;
}

#[tokio::test]
async fn an_account_is_changed_exported_and_deleted_with_what_it_takes_along() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let change = json!({ "name": " Augusta ", "preferences": { "news": false } });
    let changed = ada.ask(&api, Method::PATCH, "/api/v1/me", Some(&change)).await;
    assert_eq!((&changed.body["name"], &changed.body["preferences"]["news"]), (&json!("Augusta"), &json!(false)));
    for lost in [json!("\0"), json!(f64::MAX), json!("x".repeat(9000))] {
        let change = json!({ "preferences": { "news": lost } });
        ada.ask(&api, Method::PATCH, "/api/v1/me", Some(&change)).await.is_problem(422, "invalid_request");
    }
    let large = json!({ "preferences": { "news": 1.5e300 } });
    assert_eq!(ada.ask(&api, Method::PATCH, "/api/v1/me", Some(&large)).await.status, 200);
    assert_eq!(ada.get(&api, "/api/v1/me").await.body["preferences"]["news"], 1.5e300);
    let export = ada.get(&api, "/api/v1/me/export").await;
    assert!(export.header("content-disposition").starts_with("attachment"));
    for (path, expected) in [("/account/name", json!("Augusta")), ("/sessions/0/address", json!("192.0.2.7"))] {
        assert_eq!(export.body.pointer(path), Some(&expected), "{}", export.text);
    }
    let made = ada.post(&api, "/api/v1/tenants", &json!({ "subdomain": "adas-study", "app": "sample" })).await;
    assert_eq!(made.status, 202);
    let delete = async |password: &str| {
        ada.ask(&api, Method::DELETE, "/api/v1/me", Some(&json!({ "password": password }))).await
    };
    delete("wrong").await.is_problem(403, "wrong_password");
    delete(PASSWORD).await.is_problem(409, "organisation_not_empty");
    let mut root = api.database.superuser();
    root.ask("UPDATE fresco.tenants SET destroyed_at = now(), destroy_after = now(), desired_state = 'destroyed', status = 'destroyed'").await;
    assert_eq!(delete(PASSWORD).await.status, 204);
    ada.get(&api, "/api/v1/me").await.is_problem(401, "unauthenticated");
    let mut again = ada.clone();
    again.log_in(&api).await.is_problem(401, "wrong_credentials");
    for left in ["fresco.sessions", "fresco.refresh_tokens", "fresco.users WHERE email IS NOT NULL OR name LIKE 'Aug%'"]
    {
        assert_eq!(root.ask(&format!("SELECT count(*) FROM {left}")).await, ["0"], "{left}");
    }
    assert_eq!(kinds(&api, &ada.email).await[0], "account_deleted");
    assert_eq!(ada.register(&api).await.status, 202, "the address is free again");
    assert_eq!(kinds(&api, &ada.email).await[0], "verify_email");
}

#[tokio::test]
async fn one_switches_between_organisations_and_a_former_member_is_out_at_once() {
    let api = Api::start().await;
    let (ada, mut eve) = (Browser::at_home(&api, "ada").await, Browser::at_home(&api, "eve").await);
    let made = ada.post(&api, "/api/v1/organisations", &json!({ "name": "Lab" })).await;
    let lab = made.body["id"].as_str().unwrap().to_owned();
    let switch = json!({ "organisation": lab });
    eve.post(&api, "/api/v1/me/organisation", &switch).await.is_problem(404, "organisation_not_found");
    let eves = eve.get(&api, "/api/v1/me").await.body["id"].as_str().unwrap().to_owned();
    let (scope, now) = (storage::Scope::Operator, SystemClock.now());
    let (organisation, user) = (lab.parse().unwrap(), eves.parse().unwrap());
    api.database.api.add_member(scope, organisation, (user, domain::access::Role::Member), now).await.unwrap();
    let switched = eve.post(&api, "/api/v1/me/organisation", &switch).await;
    assert_eq!(switched.status, 200, "{}", switched.text);
    let there = Browser { access: switched.body["access_token"].as_str().map(str::to_owned), ..eve.clone() };
    assert_eq!(there.get(&api, "/api/v1/me").await.body["role"], "member");
    assert_eq!(
        eve.get(&api, "/api/v1/me").await.body["role"],
        "owner",
        "the token of before acts where it was made for"
    );
    assert_eq!(eve.refresh(&api).await.body["organisation"], lab);

    assert_eq!(
        ada.ask(&api, Method::DELETE, &format!("/api/v1/organisations/{lab}/members/{eves}"), None).await.status,
        204
    );
    there.get(&api, "/api/v1/tenants").await.is_problem(403, "forbidden");
    assert!(eve.refresh(&api).await.body["organisation"].is_null());
}

#[tokio::test]
async fn the_published_keys_verify_what_log_in_gives() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let keys = api.get("/.well-known/jwks.json").await;
    assert_eq!(keys.header("cache-control"), "public, max-age=600");
    assert_eq!((&keys.body["keys"][0]["kty"], &keys.body["keys"][0]["alg"]), (&json!("OKP"), &json!("EdDSA")));
    let header = ada.access.unwrap().split('.').next().unwrap().to_owned();
    use base64::Engine as _;
    let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["kid"], &header["alg"]), (&keys.body["keys"][0]["kid"], &json!("EdDSA")));
}

#[tokio::test]
async fn guessing_is_held_back_by_account_and_by_address_and_the_answer_says_until_when() {
    let quota = |text| Quota::parse(text).unwrap();
    let mut limits = unlimited();
    (limits.login, limits.login_address, limits.mail) = (quota("3/1h"), quota("5/1h"), quota("2/1h"));
    let api = Api::start_with(limits).await;
    let mut eve = Browser { password: "a guess of mine".to_owned(), ..Browser::new("ada") };
    for left in [2, 1, 0] {
        let wrong = eve.log_in(&api).await;
        wrong.is_problem(401, "wrong_credentials");
        assert!(wrong.header("ratelimit").contains(&format!("\"login\";r={left};t=")), "{}", wrong.header("ratelimit"));
        assert!(
            wrong.header("ratelimit-policy").contains("\"login\";q=3;w=3600"),
            "{}",
            wrong.header("ratelimit-policy")
        );
    }
    let held = eve.log_in(&api).await;
    held.is_problem(429, "rate_limited");
    let seconds: i64 = held.header("retry-after").parse().unwrap();
    assert!((1100..=1200).contains(&seconds), "{seconds}");
    let mut other = Browser { password: "a guess of mine".to_owned(), ..Browser::new("bob") };
    other.log_in(&api).await.is_problem(401, "wrong_credentials");
    other.log_in(&api).await.is_problem(429, "rate_limited");

    let forgot = async || eve.post(&api, "/api/v1/auth/password/forgot", &json!({ "email": "x@example.org" })).await;
    assert_eq!([forgot().await.status, forgot().await.status], [202, 202]);
    forgot().await.is_problem(429, "rate_limited");
}

#[tokio::test]
async fn who_is_known_and_who_is_not_are_each_held_back_and_operators_are_not() {
    let quota = |text| Quota::parse(text).unwrap();
    let mut limits = unlimited();
    (limits.user, limits.address) = (quota("4/1h"), quota("3/1h"));
    let api = Api::start_with(limits).await;
    let ada = Browser { access: Some("e30.e30.e30".to_owned()), ..Browser::new("ada") };
    for _ in 0..3 {
        ada.get(&api, "/api/v1/apps").await.is_problem(401, "unauthenticated");
    }
    ada.get(&api, "/api/v1/apps").await.is_problem(429, "rate_limited");
    for _ in 0..20 {
        assert_eq!(api.get("/api/v1/apps").await.status, 200);
    }
}

#[tokio::test]
async fn an_expired_link_is_no_link() {
    let api = Api::start().await;
    let ada = Browser::new("ada");
    ada.register(&api).await;
    let token = api.mailed_token(&ada.email, "verify_email").await;
    let past = SystemClock.now() - TimeDelta::seconds(1);
    let mut root = api.database.superuser();
    root.ask(&format!("UPDATE fresco.user_tokens SET expires_at = '{}'", past.to_rfc3339())).await;
    ada.post(&api, "/api/v1/auth/verify-email", &json!({ "token": token })).await.is_problem(403, "link_refused");
    for nonsense in ["", "x", &token[1..]] {
        ada.post(&api, "/api/v1/auth/verify-email", &json!({ "token": nonsense }))
            .await
            .is_problem(403, "link_refused");
    }
}

#[tokio::test]
async fn of_two_who_renew_at_once_one_at_most_gets_a_token_and_the_session_ends() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let (mut one, mut other) = (ada.clone(), ada);
    let (first, second) = tokio::join!(one.refresh(&api), other.refresh(&api));
    let fine = [&first, &second].into_iter().filter(|answer| answer.status == 200).count();
    assert!(fine <= 1, "{} and {}", first.text, second.text);
    for mut browser in [one, other] {
        browser.refresh(&api).await.is_problem(401, "session_ended");
    }
}
