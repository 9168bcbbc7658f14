//! Signing up, from the first look at a name to the instance.

use api::LimitSettings;
use axum::http::Method;
use domain::Quota;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Browser, PASSWORD, unlimited};

/// Somebody with a draft, who has not signed in.
struct Drafter {
    browser: Browser,
    path: String,
}

impl Drafter {
    async fn begin(api: &Api, name: &str) -> Self {
        let mut browser = Browser::new(name);
        let started = browser.post(api, "/api/v1/wizard/sessions", &json!({ "email": browser.email })).await;
        assert_eq!((started.status.as_u16(), &started.body["session"]["step"]), (201, &json!("account")));
        browser.access = Some(started.body["token"].as_str().unwrap().to_owned());
        let path = format!("/api/v1/wizard/sessions/{}", started.body["session"]["id"].as_str().unwrap());
        Self { browser, path }
    }

    async fn answer(&self, api: &Api, step: &str, data: Value) -> Answer {
        self.browser.ask(api, Method::PATCH, &self.path, Some(&json!({ "step": step, "data": data }))).await
    }

    /// Everything, for an instance of this name.
    async fn answer_all(&self, api: &Api, subdomain: &str) {
        let account = json!({ "name": "Ada Lovelace", "password": PASSWORD });
        let answers = [
            ("account", account, "use_case"),
            ("use_case", json!({ "kind": "study" }), "subdomain"),
            ("subdomain", json!({ "subdomain": subdomain }), "terms"),
            ("terms", json!({ "version": "1" }), "deploy"),
        ];
        for (step, data, next) in answers {
            let answer = self.answer(api, step, data).await;
            assert_eq!((answer.status.as_u16(), &answer.body["step"]), (200, &json!(next)), "{}", answer.text);
        }
    }

    async fn verify_and_log_in(&mut self, api: &Api) {
        self.browser.verify(api).await;
        self.browser.access = None;
        assert_eq!(self.browser.log_in(api).await.status, 200);
    }

    async fn deploy(&self, api: &Api) -> Answer {
        self.browser.post(api, &format!("{}/deploy", self.path), &json!({})).await
    }
}

#[tokio::test]
async fn a_name_that_is_not_to_be_had_is_told_why_with_others_that_are() {
    let api = Api::start().await;
    api.create("owls").await;
    let stranger = Browser::new("stranger");
    let check = async |name: &str| stranger.get(&api, &format!("/api/v1/wizard/subdomains/{name}")).await.body;
    let free = check("terns").await;
    assert_eq!((&free["available"], &free["reason"], &free["suggestions"]), (&json!(true), &json!(null), &json!([])));
    assert!(free["url"].as_str().unwrap().contains("terns."));
    let taken = check("owls").await;
    assert_eq!((&taken["available"], &taken["reason"]), (&json!(false), &json!("taken")));
    assert_eq!(taken["suggestions"].as_array().unwrap().len(), 3);
    let reserved = check("www").await;
    assert_eq!(reserved["reason"], "reserved");
    assert!(reserved["detail"].as_str().unwrap().contains("take it for the platform"));
    let invalid = check("My%20Study").await;
    assert_eq!((&invalid["reason"], &invalid["suggestions"][0]), (&json!("invalid"), &json!("my-study")));
}

#[tokio::test]
async fn a_draft_becomes_an_instance_once_its_address_is_verified() {
    let api = Api::start().await;
    let mut ada = Drafter::begin(&api, "ada").await;
    ada.answer_all(&api, "adas-study").await;
    // A token of a draft lets nobody in anywhere else.
    ada.deploy(&api).await.is_problem(401, "unauthenticated");
    let draft = ada.browser.clone();
    ada.verify_and_log_in(&api).await;
    let deployed = ada.deploy(&api).await;
    assert_eq!(deployed.status, 202, "{}", deployed.text);
    let again = ada.deploy(&api).await;
    assert_eq!((again.status.as_u16(), &again.body), (202, &deployed.body));
    let tenant =
        ada.browser.get(&api, &format!("/api/v1/tenants/{}", deployed.body["tenant_id"].as_str().unwrap())).await;
    assert_eq!(
        (&tenant.body["subdomain"], &tenant.body["metadata"]["use_case"]["kind"]),
        (&json!("adas-study"), &json!("study"))
    );
    let shown = draft.get(&api, &ada.path).await;
    assert_eq!(shown.body["deployed"], deployed.body);
    let late = Drafter { browser: draft, path: ada.path };
    late.answer(&api, "use_case", json!({ "kind": "testing" })).await.is_problem(409, "draft_deployed");
}

#[tokio::test]
async fn steps_come_in_their_order_and_back_forgets_nothing() {
    let api = Api::start().await;
    let ada = Drafter::begin(&api, "ada").await;
    ada.answer(&api, "terms", json!({ "version": "1" })).await.is_problem(409, "step_too_early");
    let weak = ada.answer(&api, "account", json!({ "name": "Ada", "password": "password" })).await;
    weak.is_problem(422, "invalid_request");
    assert_eq!(ada.browser.get(&api, &ada.path).await.body["step"], "account");
    ada.answer_all(&api, "owls").await;
    let back = ada.answer(&api, "use_case", json!({ "kind": "other", "description": "teaching" })).await;
    assert_eq!((&back.body["step"], &back.body["data"]["subdomain"]), (&json!("deploy"), &json!("owls")));
    let wrong = ada.answer(&api, "use_case", json!({ "kind": "else" })).await;
    wrong.is_problem(422, "invalid_request");
    assert_eq!(wrong.body["errors"][0]["pointer"], "#/data/kind");
    let old = ada.answer(&api, "terms", json!({ "version": "0" })).await;
    assert!(old.text.contains("version `1`"), "{}", old.text);
}

#[tokio::test]
async fn a_name_is_held_for_its_draft_and_told_to_others() {
    let api = Api::start().await;
    let (ada, bea) = (Drafter::begin(&api, "ada").await, Drafter::begin(&api, "bea").await);
    ada.answer_all(&api, "owls").await;
    bea.answer(&api, "account", json!({ "name": "Bea", "password": PASSWORD })).await;
    bea.answer(&api, "use_case", json!({ "kind": "study" })).await;
    bea.answer(&api, "subdomain", json!({ "subdomain": "owls" })).await.is_problem(409, "subdomain_held");
    let held = bea.browser.get(&api, "/api/v1/wizard/subdomains/owls").await;
    assert_eq!(held.body["reason"], "held");
    let id = ada.path.rsplit('/').next().unwrap();
    let mine = ada.browser.get(&api, &format!("/api/v1/wizard/subdomains/owls?session={id}")).await;
    assert_eq!(mine.body["available"], true);
}

#[tokio::test]
async fn a_draft_is_nobodys_who_does_not_show_its_token() {
    let api = Api::start().await;
    let (ada, bea) = (Drafter::begin(&api, "ada").await, Drafter::begin(&api, "bea").await);
    bea.browser.get(&api, &ada.path).await.is_problem(401, "unauthenticated");
    ada.answer_all(&api, "owls").await;
    let carol = Browser::at_home(&api, "carol").await;
    carol.post(&api, &format!("{}/deploy", ada.path), &json!({})).await.is_problem(404, "draft_not_found");
}

#[tokio::test]
async fn sign_ups_are_counted_where_they_are_begun_and_what_is_done_with_them_where_it_comes_from() {
    let quota = |text| Quota::parse(text).unwrap();
    let limits = LimitSettings { draft: quota("2/1h"), address: quota("6/1h"), ..unlimited() };
    let api = Api::start_with(limits).await;
    let ada = Drafter::begin(&api, "ada").await;
    let bea = Browser::new("bea");
    let begin =
        async |from: &Browser| from.post(&api, "/api/v1/wizard/sessions", &json!({ "email": from.email })).await;
    assert_eq!(begin(&bea).await.status, 201);
    let refused = begin(&bea).await;
    refused.is_problem(429, "rate_limited");
    assert!(refused.header("ratelimit-policy").contains(r#""draft";q=2;w=3600"#), "{}", refused.text);
    // Three so far; a token that is good is counted as one that is not.
    assert_eq!(ada.browser.get(&api, &ada.path).await.status, 200);
    bea.get(&api, &ada.path).await.is_problem(401, "unauthenticated");
    assert_eq!(ada.answer(&api, "account", json!({ "name": "Ada", "password": PASSWORD })).await.status, 200);
    ada.browser.get(&api, &ada.path).await.is_problem(429, "rate_limited");
    ada.answer(&api, "use_case", json!({ "kind": "study" })).await.is_problem(429, "rate_limited");
}

#[tokio::test]
async fn strangers_have_so_many_letters_sent_to_one_address_and_no_more() {
    let limits = LimitSettings { mail: Quota::parse("2/1h").unwrap(), ..unlimited() };
    let api = Api::start_with(limits).await;
    let body = json!({ "email": "ada@example.org" });
    for expected in [201, 201, 429] {
        let begun = Browser::new("eve").post(&api, "/api/v1/wizard/sessions", &body).await;
        assert_eq!(begun.status, expected, "{}", begun.text);
    }
}
