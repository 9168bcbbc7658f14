//! Organisations, their members, invitations and keys, by the keys of those who may.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Permission, Role};
use domain::{Clock, SystemClock, UserId};
use serde_json::{Value, json};
use storage::Scope;

use crate::support::{Answer, Api, Browser, Home};

#[tokio::test]
async fn an_admin_renames_invites_and_changes_who_is_what_up_to_themselves() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let admin = home.key_of(&api, Role::Admin, Permission::ALL).await;
    let path = format!("/api/v1/organisations/{}", home.organisation);
    let renamed = admin.patch(&api, &path, &json!({ "name": "  Laboratory " })).await;
    assert_eq!((renamed.status.as_u16(), &renamed.body["name"]), (200, &json!("Laboratory")), "{}", renamed.text);
    let unnamed = admin.patch(&api, &path, &json!({ "name": " " })).await;
    assert_eq!(unnamed.is_problem(422, "invalid_request").body["errors"][0]["pointer"], "#/name");
    let listed = admin.get(&api, "/api/v1/organisations").await;
    assert_eq!(listed.body["items"][0]["role"], "admin");
    assert_eq!(listed.body["items"].as_array().unwrap().len(), 1, "a key has one: {}", listed.text);

    let invitations = format!("{path}/invitations");
    let invited = admin.post(&api, &invitations, &json!({ "email": " Ada@Example.org", "role": "manager" })).await;
    assert_eq!((invited.status.as_u16(), &invited.body["email"]), (201, &json!("Ada@Example.org")), "{}", invited.text);
    assert!(invited.body.get("token").is_none(), "whoever invites never sees it");
    admin.post(&api, &invitations, &json!({ "email": "a@b", "role": "owner" })).await.is_problem(403, "forbidden");
    admin
        .post(&api, &invitations, &json!({ "email": "ada", "role": "owner" }))
        .await
        .is_problem(422, "invalid_request");
    let open = admin.get(&api, &invitations).await;
    assert_eq!(open.body["items"][0]["id"], invited.body["id"]);
    let one = format!("{invitations}/{}", invited.body["id"].as_str().unwrap());
    assert_eq!(admin.delete(&api, &one).await.status, 204);
    admin.delete(&api, &one).await.is_problem(404, "invitation_not_found");

    let member = |user: UserId| format!("{path}/members/{user}");
    let promoted = admin.patch(&api, &member(home.guest), &json!({ "role": "admin" })).await;
    assert_eq!(promoted.status, 204, "{}", promoted.text);
    admin.patch(&api, &member(home.guest), &json!({ "role": "owner" })).await.is_problem(403, "forbidden");
    admin.delete(&api, &member(home.owner)).await.is_problem(403, "forbidden");
    admin.delete(&api, &format!("{path}/members/nobody")).await.is_problem(404, "member_not_found");
    assert_eq!(admin.delete(&api, &member(home.guest)).await.status, 204);
    let members = admin.get(&api, &format!("{path}/members")).await;
    let roles: Vec<&str> =
        members.body["items"].as_array().unwrap().iter().map(|member| member["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["owner", "admin"]);
}

#[tokio::test]
async fn an_invitation_goes_to_its_address_and_makes_a_member_of_who_has_it() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let owner = home.own_key(&api, Permission::ALL).await;
    let invitations = format!("/api/v1/organisations/{}/invitations", home.organisation);
    let invited = owner.post(&api, &invitations, &json!({ "email": "Bob@example.org", "role": "member" })).await;
    assert_eq!(invited.status, 201, "{}", invited.text);
    let token = json!({ "token": api.mailed_token("Bob@example.org", "invitation").await });

    let accept = "/api/v1/invitations/accept";
    let mut bob = Browser::new("bob");
    bob.post(&api, accept, &token).await.is_problem(401, "unauthenticated");
    bob.register(&api).await;
    assert_eq!(bob.log_in(&api).await.status, 200);
    bob.post(&api, accept, &token).await.is_problem(403, "invitation_refused");
    let eve = Browser::at_home(&api, "eve").await;
    eve.post(&api, accept, &token).await.is_problem(403, "invitation_refused");

    bob.verify(&api).await;
    let joined = bob.post(&api, accept, &token).await;
    assert_eq!(joined.status, 200, "{}", joined.text);
    assert_eq!(joined.body, json!({ "organisation": home.organisation.to_string(), "role": "member" }));
    bob.post(&api, accept, &token).await.is_problem(403, "invitation_refused");
}

#[tokio::test]
async fn an_organisation_keeps_an_owner_and_goes_when_it_is_empty() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let path = format!("/api/v1/organisations/{}", home.organisation);
    let owner = home.own_key(&api, Permission::ALL).await;
    let alone = owner.patch(&api, &format!("{path}/members/{}", home.owner), &json!({ "role": "viewer" })).await;
    alone.is_problem(409, "last_owner");
    owner.delete(&api, &format!("{path}/members/{}", home.owner)).await.is_problem(409, "last_owner");
    let heir = json!({ "user": home.guest.to_string() });
    let handed = owner.post(&api, &format!("{path}/transfer-ownership"), &heir).await;
    assert_eq!(handed.status, 204, "{}", handed.text);
    let nobody = json!({ "user": "usr_00000000000070008000000000000000" });
    owner.post(&api, &format!("{path}/transfer-ownership"), &nobody).await.is_problem(404, "member_not_found");

    owner.delete(&api, &path).await.is_problem(409, "organisation_not_empty");
    let personal = "SELECT 'org_' || replace(organisation_id::text, '-', '') FROM fresco.memberships m
                    JOIN fresco.organisations o ON o.id = m.organisation_id WHERE o.personal LIMIT 1";
    let personal = api.database.superuser().ask(personal).await.remove(0);
    let kept = api
        .ask(
            api.request(axum::http::Method::DELETE, &format!("/api/v1/organisations/{personal}"))
                .body(axum::body::Body::empty())
                .unwrap(),
        )
        .await;
    kept.is_problem(409, "personal_organisation");
}

#[tokio::test]
async fn a_key_is_shown_once_and_let_no_further_than_its_maker() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let keys = format!("/api/v1/organisations/{}/api-keys", home.organisation);
    let maker = home.own_key(&api, &[Permission::ApiKeysOwn, Permission::ApiKeysManage, Permission::TenantView]).await;
    let asked = json!({ "name": "ci", "scopes": ["tenant.view"], "organisation": true, "days": 1 });
    let made = maker.post(&api, &keys, &asked).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert!(made.body["key"]["expires_at"].is_string() && made.body["key"]["user"].is_null(), "{}", made.text);
    let authorization = format!("Bearer {}", made.body["token"].as_str().unwrap());
    let request = axum::http::Request::get("/api/v1/tenants").header("authorization", &authorization);
    assert_eq!(api.ask(request.body(axum::body::Body::empty()).unwrap()).await.status, 200);

    let more = json!({ "name": "ci", "scopes": ["tenant.view", "tenant.destroy", "nonsense"], "organisation": true });
    let wrong = maker.post(&api, &keys, &more).await;
    let pointers: Vec<&str> = wrong.is_problem(422, "invalid_request").body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["#/scopes/1", "#/scopes/2"]);
    let none = json!({ "name": "ci", "scopes": [], "organisation": true, "days": 0 });
    assert_eq!(maker.post(&api, &keys, &none).await.body["errors"].as_array().unwrap().len(), 2);
    let own = json!({ "name": "ci", "scopes": ["tenant.view"] });
    maker.post(&api, &keys, &own).await.is_problem(403, "forbidden");
    let manager = home.key_of(&api, Role::Manager, Permission::ALL).await;
    manager.post(&api, &keys, &asked).await.is_problem(403, "forbidden");

    let ids = |answer: &Answer| {
        let items = answer.body["items"].as_array().unwrap().iter();
        items.map(|key| key["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let id = made.body["key"]["id"].as_str().unwrap();
    let listed = maker.get(&api, &keys).await;
    let kept = listed.body["items"].as_array().unwrap().iter().find(|key| key["id"] == id).unwrap();
    for moment in ["created_at", "expires_at"] {
        assert_eq!(kept[moment], made.body["key"][moment], "{moment}, to the last digit");
    }
    assert!(!listed.text.contains("token"), "{}", listed.text);
    assert_eq!(ids(&manager.get(&api, &keys).await), [manager.id.to_string()]);
    let timid = home.own_key(&api, &[Permission::ApiKeysOwn]).await;
    timid.get(&api, &keys).await.is_problem(403, "forbidden");
    manager.delete(&api, &format!("{keys}/{id}")).await.is_problem(404, "api_key_not_found");
    assert_eq!(maker.delete(&api, &format!("{keys}/{id}")).await.status, 204);
    let request = axum::http::Request::get("/api/v1/tenants").header("authorization", &authorization);
    api.ask(request.body(axum::body::Body::empty()).unwrap()).await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_makes_none_that_outlives_it() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let keys = format!("/api/v1/organisations/{}/api-keys", home.organisation);
    let wish = |days: Value| json!({ "name": "ci", "scopes": ["api_keys.own", "api_keys.manage"], "organisation": true, "days": days });
    let end = |answer: &Answer| -> DateTime<Utc> {
        answer.body["key"]["expires_at"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).parse().unwrap()
    };
    let maker = home.own_key(&api, Permission::ALL).await;
    let made = maker.post(&api, &keys, &wish(json!(2))).await;
    let short = Browser { access: made.body["token"].as_str().map(str::to_owned), ..Browser::new("ci") };
    for days in [json!(null), json!(3)] {
        let left = end(&made) - end(&short.post(&api, &keys, &wish(days)).await);
        assert!((TimeDelta::zero()..TimeDelta::seconds(1)).contains(&left), "{left}");
    }
    let sooner = end(&short.post(&api, &keys, &wish(json!(1))).await);
    assert!(sooner < end(&made) - TimeDelta::hours(23), "{sooner}");
}

/// Somebody who is an admin of the house, and the token of a key that they have made for it.
async fn admin_with_key(api: &Api, home: &Home, name: &str) -> (Browser, UserId, Browser) {
    let browser = Browser::at_home(api, name).await;
    let user: UserId = browser.get(api, "/api/v1/me").await.body["id"].as_str().unwrap().parse().unwrap();
    home.admit(api, (&browser, user), Role::Admin).await;
    let wish = json!({ "name": name, "scopes": ["tenant.view", "tenant.destroy"], "organisation": true });
    let made = browser.post(api, &format!("/api/v1/organisations/{}/api-keys", home.organisation), &wish).await;
    let program = Browser { access: made.body["token"].as_str().map(str::to_owned), ..Browser::new("ci") };
    (browser, user, program)
}

#[tokio::test]
async fn an_organisations_key_is_let_no_further_than_its_maker_is_by_now() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let (_, ada, program) = admin_with_key(&api, &home, "ada").await;
    let (end, wrong) = (format!("/api/v1/tenants/{}/destroy", home.tenant), json!({ "confirmation": "another" }));
    program.post(&api, &end, &wrong).await.is_problem(422, "confirmation_mismatch");

    let owner = home.own_key(&api, Permission::ALL).await;
    let member = format!("/api/v1/organisations/{}/members/{ada}", home.organisation);
    assert_eq!(owner.patch(&api, &member, &json!({ "role": "viewer" })).await.status, 204);
    program.post(&api, &end, &wrong).await.is_problem(403, "forbidden");
    assert_eq!(program.get(&api, "/api/v1/tenants").await.status, 200, "a viewer's it is");

    assert_eq!(owner.delete(&api, &member).await.status, 204);
    program.get(&api, "/api/v1/tenants").await.is_problem(401, "unauthenticated");
    let ended = owner.get(&api, "/api/v1/audit?action=api_key.revoke").await;
    let ended = ended.body["items"].as_array().unwrap_or_else(|| panic!("{}", ended.text));
    assert!(
        ended.iter().any(|line| line["target"]["label"] == "ada" && line["data"]["left"] == json!(ada)),
        "{ended:?}"
    );
    let again = (ada, Role::Owner);
    api.database.api.add_member(Scope::Operator, home.organisation, again, SystemClock.now()).await.unwrap();
    program.get(&api, "/api/v1/tenants").await.is_problem(401, "unauthenticated");
}

#[tokio::test]
async fn who_leaves_takes_the_organisations_keys_along_whatever_they_are_by_then() {
    let api = Api::start().await;
    let home = Home::make(&api, "lab").await;
    let (bea, user, program) = admin_with_key(&api, &home, "bea").await;
    let owner = home.own_key(&api, Permission::ALL).await;
    let members = format!("/api/v1/organisations/{}/members", home.organisation);
    assert_eq!(owner.patch(&api, &format!("{members}/{user}"), &json!({ "role": "viewer" })).await.status, 204);
    assert_eq!(program.get(&api, "/api/v1/tenants").await.status, 200);
    let left = bea.post(&api, &format!("/api/v1/organisations/{}/leave", home.organisation), &json!({})).await;
    assert_eq!(left.status, 204, "{}", left.text);
    let again = (user, Role::Owner);
    api.database.api.add_member(Scope::Operator, home.organisation, again, SystemClock.now()).await.unwrap();
    program.get(&api, "/api/v1/tenants").await.is_problem(401, "unauthenticated");
}
