//! Who may make an account, and who may have instances made with it.

use axum::http::Method;
use chrono::TimeDelta;
use domain::access::{Permission, Role};
use domain::signup::{SignupMode, SignupPolicy};
use domain::{Clock, Domain, Email, SystemClock, UserId};
use mail::Message;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Browser, Home, PASSWORD, unlimited};

async fn api(mode: SignupMode) -> Api {
    let allowed_domains = vec![Domain::parse("uni.example.org").unwrap()];
    Api::start_as(unlimited(), SignupPolicy { mode, allowed_domains }).await
}

async fn letters(api: &Api, email: &str) -> Vec<String> {
    let all = api.database.api.list_mails(None, storage::Part::first(100)).await.unwrap().items;
    all.into_iter().filter(|mail| mail.recipient == email).map(|mail| mail.kind).collect()
}

async fn deploy(api: &Api, browser: &Browser) -> Answer {
    browser.post(api, "/api/v1/tenants", &json!({ "subdomain": "my-study", "app": "sample" })).await
}

async fn id(api: &Api, browser: &Browser) -> UserId {
    browser.get(api, "/api/v1/me").await.body["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn who_has_not_shown_that_the_address_is_theirs_looks_and_has_nothing_made() {
    let api = Api::start().await;
    let mut ada = Browser::new("ada");
    ada.register(&api).await;
    ada.log_in(&api).await;
    deploy(&api, &ada).await.is_problem(403, "email_not_verified");
    assert_eq!(ada.get(&api, "/api/v1/tenants").await.status, 200);
    let organisation = ada.get(&api, "/api/v1/me").await.body["organisation"].as_str().unwrap().to_owned();
    let invite = json!({ "email": "eve@example.org", "role": "member" });
    let invitations = format!("/api/v1/organisations/{organisation}/invitations");
    ada.post(&api, &invitations, &invite).await.is_problem(403, "email_not_verified");
    let keys = format!("/api/v1/organisations/{organisation}/api-keys");
    let wide = json!({ "name": "mine", "scopes": ["tenant.create"] });
    ada.post(&api, &keys, &wide).await.is_problem(422, "invalid_request");
    ada.verify(&api).await;
    assert_eq!(deploy(&api, &ada).await.status, 202);
}

/// The rule is one for people and for what they have made: their own keys, and those of organisations.
#[tokio::test]
async fn a_key_is_let_no_further_than_whoever_has_made_it() {
    let api = Api::start().await;
    let home = Home::make(&api, "house").await;
    let (own, shared) =
        (home.key_of(&api, Role::Owner, Permission::ALL).await, home.own_key(&api, Permission::ALL).await);
    let mut root = api.database.superuser();
    for (column, code) in [("email_verified_at", "email_not_verified"), ("approved_at", "awaiting_approval")] {
        root.ask(&format!("UPDATE fresco.users SET {column} = NULL WHERE email IS NOT NULL")).await;
        for (number, key) in [&own, &shared].into_iter().enumerate() {
            let wish = json!({ "subdomain": format!("study-{number}"), "app": "sample" });
            key.post(&api, "/api/v1/tenants", &wish).await.is_problem(403, code);
            assert_eq!(key.get(&api, "/api/v1/tenants").await.status, 200);
        }
        root.ask(&format!("UPDATE fresco.users SET {column} = now() WHERE email IS NOT NULL")).await;
    }
    for (number, key) in [&own, &shared].into_iter().enumerate() {
        let wish = json!({ "subdomain": format!("study-{number}"), "app": "sample" });
        let made = key.post(&api, "/api/v1/tenants", &wish).await;
        assert_eq!(made.status, 202, "{}", made.text);
    }
    root.ask("UPDATE fresco.users SET disabled_at = now() WHERE email IS NOT NULL").await;
    for key in [&own, &shared] {
        key.get(&api, "/api/v1/tenants").await.is_problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn by_invitation_only_letters_tell_who_is_invited_and_who_has_an_account() {
    let api = api(SignupMode::Invitation).await;
    Home::make(&api, "house").await;
    let desk = api::Desk { keyring: &api.own_keys, entropy: &domain::SystemEntropy, now: SystemClock.now() };
    let until = desk.now + TimeDelta::days(7);
    let by_operator = Email::parse("Ada@example.org").unwrap();
    let letter = desk.seal(by_operator.as_str(), &Message::SignUpInvitation { expires_at: until });
    api.database.api.invite_user(&by_operator, letter, (desk.now, until)).await.unwrap();

    let mut answers = Vec::new();
    for name in ["ada", "invited", "stranger", "ada", "stranger"] {
        let answer = Browser::new(name).register(&api).await;
        answers.push((answer.status.as_u16(), answer.text));
    }
    assert!(answers.iter().all(|answer| *answer == (202, String::new())), "{answers:?}");
    assert_eq!(letters(&api, "ada@example.org").await, ["already_registered", "verify_email"]);
    assert_eq!(letters(&api, "invited@example.org").await, ["verify_email"], "an organisation's invitation is one too");
    assert_eq!(letters(&api, "stranger@example.org").await, ["not_invited", "not_invited"]);
    let mut ada = Browser::new("ada");
    assert_eq!(ada.log_in(&api).await.status, 200);
    Browser::new("stranger").log_in(&api).await.is_problem(401, "wrong_credentials");
    ada.verify(&api).await;
    assert_eq!(deploy(&api, &ada).await.status, 202);

    // An invitation that is over is none.
    let mut root = api.database.superuser();
    root.ask("UPDATE fresco.invitations SET expires_at = now() - interval '1 s', email = 'late@example.org'").await;
    Browser::new("late").register(&api).await;
    assert_eq!(letters(&api, "late@example.org").await, ["not_invited"]);
}

#[tokio::test]
async fn who_waits_for_the_operator_looks_around_and_is_told_by_letter_when_they_are_in() {
    let api = api(SignupMode::Approval).await;
    let (mut ada, mut dean) = (Browser::new("ada"), Browser::new("dean"));
    dean.email = "dean@Uni.example.org".to_owned();
    for browser in [&mut ada, &mut dean] {
        assert_eq!(browser.register(&api).await.status, 202);
        assert_eq!(browser.log_in(&api).await.status, 200);
        deploy(&api, browser).await.is_problem(403, "email_not_verified");
        browser.verify(&api).await;
    }
    assert_eq!(deploy(&api, &dean).await.status, 202, "their domain is allowed");
    deploy(&api, &ada).await.is_problem(403, "awaiting_approval");
    assert_eq!(ada.get(&api, "/api/v1/me").await.body["awaiting_approval"], true);
    assert_eq!(ada.get(&api, "/api/v1/tenants").await.status, 200);

    let now = SystemClock.now();
    let desk = api::Desk { keyring: &api.own_keys, entropy: &domain::SystemEntropy, now };
    let letter = || desk.seal(&ada.email, &Message::AccountApproved);
    let adas = id(&api, &ada).await;
    assert!(api.database.api.approve_user(adas, (letter(), now)).await.unwrap());
    assert!(!api.database.api.approve_user(adas, (letter(), now)).await.unwrap(), "they are in");
    assert_eq!(letters(&api, &ada.email).await[0], "account_approved");
    let made = ada.post(&api, "/api/v1/tenants", &json!({ "subdomain": "adas", "app": "sample" })).await;
    assert_eq!(made.status, 202, "{}", made.text);
}

#[tokio::test]
async fn where_nobody_makes_an_account_everybody_is_told_the_same() {
    let api = api(SignupMode::Closed).await;
    let home = Home::make(&api, "house").await;
    let called = format!("UPDATE fresco.users SET email = 'ada@example.org' WHERE id = '{}'", home.owner.uuid());
    api.database.superuser().ask(&called).await;
    for name in ["ada", "stranger"] {
        Browser::new(name).register(&api).await.is_problem(403, "signup_closed");
        let start = json!({ "email": "ada@example.org" });
        Browser::new(name).post(&api, "/api/v1/wizard/sessions", &start).await.is_problem(403, "signup_closed");
    }
    assert_eq!(letters(&api, "ada@example.org").await, Vec::<String>::new());
}

/// Begins a draft, and answers all of its steps.
async fn draft(api: &Api, browser: &Browser, subdomain: &str) -> (String, Value) {
    let started = browser.post(api, "/api/v1/wizard/sessions", &json!({ "email": browser.email })).await;
    assert_eq!(started.status, 201, "{}", started.text);
    let path = format!("/api/v1/wizard/sessions/{}", started.body["session"]["id"].as_str().unwrap());
    let drafter = Browser { access: started.body["token"].as_str().map(str::to_owned), ..browser.clone() };
    for (step, data) in [
        ("account", json!({ "name": "Ada Lovelace", "password": PASSWORD })),
        ("use_case", json!({ "kind": "study" })),
        ("subdomain", json!({ "subdomain": subdomain })),
        ("terms", json!({ "version": "1" })),
    ] {
        let answer = drafter.ask(api, Method::PATCH, &path, Some(&json!({ "step": step, "data": data }))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    (path, started.body["session"].clone())
}

#[tokio::test]
async fn the_wizard_goes_by_the_same_rule_and_says_so_beforehand() {
    let api = api(SignupMode::Approval).await;
    let mut ada = Browser::new("ada");
    let (path, session) = draft(&api, &ada, "owls").await;
    assert_eq!(session["signup_mode"], "approval");
    assert!(session["notice"].as_str().unwrap().contains("looks at new accounts first"), "{session}");
    ada.log_in(&api).await;
    let deploy = async || ada.post(&api, &format!("{path}/deploy"), &json!({})).await;
    deploy().await.is_problem(403, "email_not_verified");
    ada.verify(&api).await;
    let waits = deploy().await;
    assert!(waits.is_problem(403, "awaiting_approval").text.contains("a letter tells"), "{}", waits.text);
    let now = SystemClock.now();
    let desk = api::Desk { keyring: &api.own_keys, entropy: &domain::SystemEntropy, now };
    let letter = desk.seal(&ada.email, &Message::AccountApproved);
    assert!(api.database.api.approve_user(id(&api, &ada).await, (letter, now)).await.unwrap());
    assert_eq!(deploy().await.status, 202);
    let me = ada.get(&api, "/api/v1/me").await;
    assert_eq!(me.body["terms_version"], "1", "accepted terms stand with the person");
    assert!(me.body["terms_accepted_at"].is_string());
}

#[tokio::test]
async fn a_wizard_by_invitation_tells_the_uninvited_by_letter_only() {
    let api = api(SignupMode::Invitation).await;
    let ada = Browser::new("ada");
    let (_, session) = draft(&api, &ada, "owls").await;
    assert!(session["notice"].as_str().unwrap().contains("by invitation"), "{session}");
    assert_eq!(letters(&api, &ada.email).await, ["not_invited", "continue_sign_up"]);
}
