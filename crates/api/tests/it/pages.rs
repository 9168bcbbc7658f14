//! Every list comes in pages: nothing twice, nothing left out, in one order.

use std::collections::BTreeSet;

use domain::access::{Permission, Role};
use serde_json::{Value, json};

use crate::support::{Answer, Api, Browser, Home};

/// The items of all pages of two, each named by one of its members.
async fn walked(ask: impl AsyncFn(String) -> Answer, member: &str) -> Vec<String> {
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = ask(format!("?limit=2{next}")).await;
        let items = page.body["items"].as_array().unwrap_or_else(|| panic!("{}", page.text));
        assert!((1..=2).contains(&items.len()), "{}", page.text);
        seen.extend(items.iter().map(|item| item[member].as_str().unwrap().to_owned()));
        match page.body["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return seen,
        }
    }
}

/// Pages of two are the whole list, which has so many items.
async fn is_paged(ask: impl AsyncFn(String) -> Answer, member: &str, count: usize) {
    let whole = ask(String::new()).await;
    assert_eq!(whole.body["next"], Value::Null, "{}", whole.text);
    let whole: Vec<String> =
        whole.body["items"].as_array().unwrap().iter().map(|item| item[member].as_str().unwrap().to_owned()).collect();
    assert_eq!((whole.len(), whole.iter().collect::<BTreeSet<_>>().len()), (count, count));
    assert_eq!(walked(&ask, member).await, whole);
    for wrong in ["?cursor=nonsense", "?limit=0", "?limit=201", "?nosuch=1"] {
        ask(wrong.to_owned()).await.is_problem(422, "invalid_request");
    }
}

#[tokio::test]
async fn what_an_organisation_has_comes_in_pages() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    for role in [Role::Viewer, Role::Member, Role::Manager] {
        home.key_of(&api, role, Permission::ALL).await;
    }
    let path = format!("/api/v1/organisations/{}", home.organisation);
    for name in ["one", "two", "three", "four"] {
        let invite = json!({ "email": format!("{name}@example.org"), "role": "viewer" });
        assert_eq!(api.post(&format!("{path}/invitations"), &invite).await.status, 201);
    }
    let list = |noun: &str| {
        let list = format!("{path}/{noun}");
        let api = &api;
        async move |query: String| api.get(&format!("{list}{query}")).await
    };
    is_paged(list("members"), "user", 5).await;
    is_paged(list("invitations"), "id", 5).await;
    is_paged(list("api-keys"), "id", 4).await;
}

#[tokio::test]
async fn organisations_come_in_pages_to_who_is_in_them_and_to_the_operator() {
    let api = Api::start().await;
    let ada = Browser::at_home(&api, "ada").await;
    for name in ["Zoo", "Aviary", "Lab"] {
        assert_eq!(ada.post(&api, "/api/v1/organisations", &json!({ "name": name })).await.status, 201);
    }
    Home::make(&api, "elsewhere").await;
    is_paged(async |query| ada.get(&api, &format!("/api/v1/organisations{query}")).await, "id", 4).await;
    let mut all = walked(async |query| api.get(&format!("/api/v1/organisations{query}")).await, "name").await;
    let made = ["Zoo", "Aviary", "Lab", "elsewhere"];
    all.retain(|name| made.contains(&name.as_str()));
    assert_eq!(all, made);
}

#[tokio::test]
async fn sessions_come_in_pages() {
    let api = Api::start().await;
    let mut ada = Browser::at_home(&api, "ada").await;
    for _ in 0..4 {
        assert_eq!(ada.clone().log_in(&api).await.status, 200);
    }
    assert_eq!(ada.log_in(&api).await.status, 200);
    let sessions = async |query| ada.get(&api, &format!("/api/v1/me/sessions{query}")).await;
    is_paged(sessions, "id", 6).await;
    assert_eq!(sessions(String::new()).await.body["items"][0]["current"], true, "the newest comes first");
}
