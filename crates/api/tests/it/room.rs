//! How many instances and organisations one person may have, wherever they have them.

use axum::http::Method;
use domain::access::{Permission, Role};
use domain::{Clock, SystemClock, UserId};
use futures_util::future::join_all;
use serde_json::{Value, json};
use storage::Scope;

use crate::support::{Answer, Api, Browser, Home};

async fn make(api: &Api, browser: &Browser, subdomain: &str) -> Answer {
    browser.post(api, "/api/v1/tenants", &json!({ "subdomain": subdomain, "app": "sample" })).await
}

async fn organisation(api: &Api, browser: &Browser, name: &str) -> Answer {
    browser.post(api, "/api/v1/organisations", &json!({ "name": name })).await
}

/// The same person where their other organisation is.
async fn switched(api: &Api, browser: &Browser, organisation: &Value) -> Browser {
    let there = browser.post(api, "/api/v1/me/organisation", &json!({ "organisation": organisation })).await;
    assert_eq!(there.status, 200, "{}", there.text);
    Browser { access: there.body["access_token"].as_str().map(str::to_owned), ..browser.clone() }
}

fn path(answer: &Answer) -> String {
    format!("/api/v1/tenants/{}", answer.body["tenant"]["id"].as_str().unwrap_or_else(|| panic!("{}", answer.text)))
}

#[tokio::test]
async fn one_person_has_so_many_instances_in_all_organisations_together() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let lab = organisation(&api, &ada, "Lab").await;
    let in_lab = switched(&api, &ada, &lab.body["id"]).await;
    let first = make(&api, &ada, "owls").await;
    assert_eq!(make(&api, &ada, "terns").await.status, 202);
    assert_eq!(make(&api, &in_lab, "gulls").await.status, 202);
    for browser in [&ada, &in_lab] {
        let refused = make(&api, browser, "larks").await;
        assert!(refused.is_problem(409, "too_many_tenants").text.contains("more than 3 instances"), "{}", refused.text);
    }
    let keys = format!("/api/v1/organisations/{}/api-keys", lab.body["id"].as_str().unwrap());
    let wish = json!({ "name": "ci", "scopes": ["tenant.create"], "organisation": true });
    let key = ada.post(&api, &keys, &wish).await;
    let program = Browser { access: key.body["token"].as_str().map(str::to_owned), ..Browser::new("ci") };
    make(&api, &program, "larks").await.is_problem(409, "too_many_tenants");
    assert_eq!(api.create("larks").await["subdomain"], "larks", "the operator is not bound");

    let end = json!({ "confirmation": "owls" });
    assert_eq!(ada.post(&api, &format!("{}/destroy", path(&first)), &end).await.status, 202);
    assert_eq!(make(&api, &in_lab, "finches").await.status, 202, "what is to be destroyed leaves room");
    let undo = format!("{}/undo-destroy", path(&first));
    ada.post(&api, &undo, &json!({})).await.is_problem(409, "too_many_tenants");
    let cancel = format!("{}/cancel", path(&first));
    ada.post(&api, &cancel, &json!({})).await.is_problem(409, "too_many_tenants");
}

#[tokio::test]
async fn those_who_ask_at_once_get_no_more_than_one_after_the_other() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    let names: Vec<String> = (0..8).map(|number| format!("study-{number}")).collect();
    let made = join_all(names.iter().map(|name| make(&api, &ada, name))).await;
    assert_eq!(made.iter().filter(|answer| answer.status == 202).count(), 3);
    for refused in made.iter().filter(|answer| answer.status != 202) {
        refused.is_problem(409, "too_many_tenants");
    }

    let made = join_all(names.iter().map(|name| organisation(&api, &ada, name))).await;
    assert_eq!(made.iter().filter(|answer| answer.status == 201).count(), 5);
    for refused in made.iter().filter(|answer| answer.status != 201) {
        refused.is_problem(409, "too_many_organisations");
    }
}

#[tokio::test]
async fn an_organisation_that_is_handed_over_counts_for_whoever_made_it_and_for_its_owner() {
    let api = Api::start().await;
    let (ada, bea) = (Browser::at_home(&api, "ada").await, Browser::at_home(&api, "bea").await);
    let user = bea.get(&api, "/api/v1/me").await.body["id"].as_str().unwrap().parse::<UserId>().unwrap();
    let mut last = Value::Null;
    for number in 0..5 {
        last = organisation(&api, &ada, &format!("Lab {number}")).await.body["id"].clone();
    }
    let (store, now) = (&api.database.api, SystemClock.now());
    let there = last.as_str().unwrap();
    store.add_member(Scope::Operator, there.parse().unwrap(), (user, Role::Member), now).await.unwrap();
    let handed = format!("/api/v1/organisations/{there}/transfer-ownership");
    assert_eq!(ada.post(&api, &handed, &json!({ "user": user.to_string() })).await.status, 204);
    organisation(&api, &ada, "One more").await.is_problem(409, "too_many_organisations");
    for number in 0..4 {
        assert_eq!(organisation(&api, &bea, &format!("Lab {number}")).await.status, 201);
    }
    organisation(&api, &bea, "One more").await.is_problem(409, "too_many_organisations");
    let gone = bea.ask(&api, Method::DELETE, &format!("/api/v1/organisations/{there}"), None).await;
    assert_eq!(gone.status, 204, "{}", gone.text);
    for browser in [&ada, &bea] {
        assert_eq!(organisation(&api, browser, "One more").await.status, 201);
    }
}

/// Or else whoever owns nothing themselves would fill the organisations of others.
#[tokio::test]
async fn a_members_instances_count_for_them_where_others_own_them() {
    let api = Api::start().await;
    let home = Home::make(&api, "house").await;
    let member = home.key_of(&api, Role::Member, Permission::ALL).await;
    let make =
        async |name: &str| member.post(&api, "/api/v1/tenants", &json!({ "subdomain": name, "app": "sample" })).await;
    for name in ["owls", "terns", "gulls"] {
        assert_eq!(make(name).await.status, 202, "{name}");
    }
    make("larks").await.is_problem(409, "too_many_tenants");
}

#[tokio::test]
async fn nobody_makes_an_organisation_whose_address_may_be_anothers() {
    let api = Api::start().await;
    let mut ada = Browser::new("ada");
    ada.register(&api).await;
    ada.log_in(&api).await;
    organisation(&api, &ada, "Lab").await.is_problem(403, "email_not_verified");
}
