//! Every operation of the document, times every kind of caller. An operation that the table doesn't know fails.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::access::{Permission, Role};
use domain::{Clock, SystemClock, SystemEntropy, UserId};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::{Answer, Api, Browser, Home, new_key};

/// Who may use an operation.
#[derive(Clone, Copy)]
enum Access {
    Public,
    /// Whoever has the cookie; no key does it, and none is asked for.
    Cookie,
    /// Whoever is known.
    Known,
    /// People who have signed in; no key does it for them.
    Person,
    /// The same, as far as their role goes.
    PersonWith(Permission),
    /// Who shows the draft's own token; no other lets anybody in.
    Draft,
    /// Whose role and whose key's scopes go so far.
    With(Permission),
}

impl Access {
    /// What one's role must allow.
    const fn takes(self) -> Option<Permission> {
        match self {
            Self::With(permission) | Self::PersonWith(permission) => Some(permission),
            Self::Public | Self::Cookie | Self::Known | Self::Person | Self::Draft => None,
        }
    }
}

/// What an operation answers those who may, asked with an empty object for a body.
struct Row {
    access: Access,
    status: u16,
}

fn row(operation: &str) -> Option<Row> {
    use Access::{Cookie, Draft, Known, Person, PersonWith, Public, With};
    use Permission::*;
    let (access, status) = match operation {
        "show_help" | "healthz" | "readyz" | "openapi" | "docs" | "problems" | "jwks" => (Public, 200),
        // Asked with an empty object: who may is told what is missing.
        "begin_device" => (Public, 200),
        "redeem_device" | "register" | "login" | "verify_email" | "forgot_password" | "reset_password"
        | "ask_for_help" => (Public, 422),
        // By a cookie alone, and so from a page of ours only.
        "refresh" | "logout" => (Cookie, 403),
        "show_me" | "update_me" | "export_me" | "list_sessions" => (Person, 200),
        "revoke_other_sessions" => (Person, 204),
        "resend_verification" => (Person, 202),
        // There is no such session and no such draft of theirs.
        "revoke_session" => (Person, 404),
        "deploy_wizard" => (PersonWith(TenantCreate), 404),
        "delete_me"
        | "switch_organisation"
        | "begin_totp"
        | "confirm_totp"
        | "disable_totp"
        | "make_recovery_codes"
        | "change_password"
        | "look_at_device"
        | "answer_device"
        | "accept_terms" => (Person, 422),
        "check_subdomain" => (Public, 200),
        "start_wizard" => (Public, 422),
        "show_wizard" | "answer_wizard" => (Draft, 401),
        "list_apps" | "show_caller" => (Known, 200),
        "create_ws_ticket" => (Known, 201),
        "list_tenants"
        | "show_tenant"
        | "plan_tenant"
        | "list_tenant_events"
        | "wait_for_tenant"
        | "list_tenant_deployments"
        | "show_probe" => (With(TenantView), 200),
        "list_tenant_logs" | "export_tenant_logs" | "show_tenant_metrics" => (With(TenantLogs), 200),
        // It is no WebSocket.
        "stream_tenant_logs" | "stream_tenant_metrics" => (With(TenantLogs), 400),
        "stream_events" => (With(TenantView), 400),
        // Of a tenant whose first deploy is under way.
        "stop_tenant" | "restart_tenant" => (With(TenantOperate), 202),
        "cancel_tenant" => (With(TenantConfigure), 202),
        "start_tenant" => (With(TenantOperate), 409),
        "rollback_tenant" | "update_tenant" => (With(TenantConfigure), 409),
        "undo_tenant" => (With(TenantDestroy), 409),
        "probe_tenant" => (With(TenantProbe), 202),
        // Its image is not known yet.
        "create_claim_link" | "reopen_setup" => (With(TenantClaim), 409),
        // Who is let in is told what is missing.
        "create_tenant" => (With(TenantCreate), 422),
        "destroy_tenant" => (With(TenantDestroy), 422),
        "open_tenant" => (With(TenantClaim), 422),
        "list_organisations" | "show_organisation" => (With(OrganisationView), 200),
        "create_organisation" | "accept_invitation" => (Person, 422),
        "leave_organisation" => (Person, 204),
        "rename_organisation" => (With(OrganisationManage), 422),
        "delete_organisation" => (With(OrganisationDelete), 409),
        "transfer_ownership" => (With(OwnershipTransfer), 422),
        "list_members" => (With(MembersView), 200),
        "change_member_role" => (With(MembersManage), 422),
        "create_invitation" => (With(MembersManage), 201),
        "list_invitations" => (With(MembersManage), 200),
        "remove_member" | "revoke_invitation" => (With(MembersManage), 204),
        "list_audit" | "export_audit" => (With(AuditView), 200),
        "list_api_keys" => (With(ApiKeysOwn), 200),
        "create_api_key" => (With(ApiKeysOwn), 422),
        "revoke_api_key" => (With(ApiKeysOwn), 204),
        _ => return None,
    };
    Some(Row { access, status })
}

struct Operation {
    id: String,
    method: Method,
    path: String,
    public: bool,
}

/// Somebody who has logged in.
struct Person {
    browser: Browser,
    user: UserId,
}

impl Person {
    async fn new(api: &Api, name: &str) -> Self {
        let browser = Browser::at_home(api, name).await;
        let me = browser.get(api, "/api/v1/me").await;
        Self { browser, user: me.body["id"].as_str().unwrap().parse().unwrap() }
    }

    fn authorization(&self) -> String {
        format!("Bearer {}", self.browser.access.as_ref().unwrap())
    }

    /// Changes the row of their account, or of their sessions.
    async fn becomes(&self, api: &Api, (table, user): (&str, &str), change: &str) {
        let of = format!("UPDATE fresco.{table} SET {change} WHERE {user} = '{}'", self.user.uuid());
        api.database.superuser().ask(&of).await;
    }
}

/// Every operation.
fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| Operation {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.clone(),
            public: operation["security"] == json!([{}]),
        })
    });
    all.collect()
}

impl Operation {
    /// Whether it is about something of one organisation, named in its path.
    fn is_of_one(&self) -> bool {
        self.path.contains("{id}")
    }

    /// Asks for it, of these things.
    async fn ask(&self, api: &Api, home: &Home, authorization: Option<&str>) -> Answer {
        let id = if self.path.contains("/tenants/") { home.tenant.to_string() } else { home.organisation.to_string() };
        let path = self.path.replace("{id}", &id).replace("{user}", &home.guest.to_string());
        let path = path
            .replace("{name}", "study")
            .replace("{invitation}", &home.invitation.to_string())
            .replace("{key}", &home.key.to_string());
        let query = if self.id == "wait_for_tenant" { "?timeout=0" } else { "" };
        let mut request = Request::builder().method(&self.method).uri(path + query);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let body = match &*self.id {
            _ if self.method == Method::GET => "",
            // Whether somebody stands well enough for it is asked once it is known what they want.
            "create_invitation" => r#"{ "email": "new@example.org", "role": "viewer" }"#,
            _ => "{}",
        };
        api.ask(request.header("content-type", "application/json").body(Body::from(body)).unwrap()).await
    }
}

/// Nobody that the platform knows (any more), each with the challenge they are answered with.
async fn strangers(api: &Api, home: &Home) -> Vec<(Option<String>, &'static str)> {
    let (missing, invalid) = (r#"Bearer realm="fresco""#, r#"Bearer realm="fresco", error="invalid_token""#);
    let malformed = r#"Bearer realm="fresco", error="invalid_request""#;
    let operator = |key: &api::operator_key::Generated| format!("Bearer {}", key.token.expose_secret());
    let unknown = operator(&api::operator_key::generate(&SystemEntropy));
    let revoked = new_key(&api.database).await;
    assert!(api.database.worker.revoke_operator_key(revoked.id, SystemClock.now()).await.unwrap());
    // The id of one key with the secret of another.
    let mixed = format!("{}{}", &api.authorization()[..43], &unknown[43..]);
    let mine = home.key_of(api, Role::Owner, Permission::ALL).await;
    let never = format!("Bearer {}", api::api_key::generate(SystemClock.now(), &SystemEntropy).token.expose_secret());
    let mixed_key = format!("{}{}", &mine.authorization()[..44], &never[44..]);
    let [expired, ended, disabled] =
        [Person::new(api, "late").await, Person::new(api, "gone").await, Person::new(api, "shut-out").await];
    let (_, disabled_key) = home.admit(api, (&disabled.browser, disabled.user), Role::Owner).await;
    let sessions = ("sessions", "user_id");
    expired.becomes(api, sessions, "expires_at = now() - interval '1 s'").await;
    ended.becomes(api, sessions, "revoked_at = now(), revoked_because = 'revoked'").await;
    disabled.becomes(api, ("users", "id"), "disabled_at = now()").await;
    vec![
        (None, missing),
        (Some("Bearer nonsense".to_owned()), malformed),
        (Some("Basic b3BlcmF0b3I6a2V5".to_owned()), malformed),
        (Some("Bearer e30.e30.e30".to_owned()), invalid),
        (Some(unknown), invalid),
        (Some(mixed), invalid),
        (Some(operator(&revoked)), invalid),
        (Some(never), invalid),
        (Some(mixed_key), invalid),
        (Some(home.expired_key(api).await), invalid),
        (Some(home.revoked_key(api).await), invalid),
        (Some(home.former_members_key(api).await), invalid),
        (Some(expired.authorization()), invalid),
        (Some(ended.authorization()), invalid),
        (Some(disabled.authorization()), invalid),
        (Some(disabled_key.authorization()), invalid),
    ]
}

#[tokio::test]
async fn every_operation_refuses_strangers() {
    let api = Api::start().await;
    let home = Home::make(&api, "house").await;
    let strangers = strangers(&api, &home).await;
    for operation in operations() {
        let id = &operation.id;
        let row = row(id).unwrap_or_else(|| panic!("who may use `{id}`? Give it a row in this table"));
        let public = matches!(row.access, Access::Public);
        assert_eq!(operation.public, public, "the document says who may use `{id}`");
        for (authorization, challenge) in &strangers {
            let answer = operation.ask(&api, &home, authorization.as_deref()).await;
            if matches!(row.access, Access::Cookie) {
                answer.is_problem(403, "cross_site");
            } else if matches!(row.access, Access::Draft) {
                answer.is_problem(401, "unauthenticated");
            } else if public {
                assert_eq!(answer.status, row.status, "{id}, {authorization:?}: {}", answer.text);
            } else {
                answer.is_problem(401, "unauthenticated");
                assert_eq!(answer.header("www-authenticate"), *challenge, "{id}, {authorization:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_operation_asks_for_its_permission() {
    let api = Api::start().await;
    let elsewhere = Home::make(&api, "elsewhere").await;
    let elsewhere = elsewhere.key_of(&api, Role::Owner, Permission::ALL).await;
    for (number, operation) in operations().into_iter().enumerate() {
        let (id, row) = (&operation.id, row(&operation.id).unwrap());
        // What one caller is let do to it, the next would find done.
        let mut homes = 0;
        let mut fresh = async || {
            homes += 1;
            Home::make(&api, &format!("home-{number}-{homes}")).await
        };
        let operator = match row.access {
            Access::Person | Access::PersonWith(_) => 403,
            Access::Public | Access::Cookie | Access::Draft | Access::Known | Access::With(_) => row.status,
        };
        let answer = operation.ask(&api, &fresh().await, Some(&api.authorization())).await;
        assert_eq!(answer.status, operator, "{id} by the operator: {}", answer.text);

        for role in Role::ALL {
            let (may, status) = match row.access {
                Access::Public | Access::Cookie | Access::Draft | Access::Known => (true, row.status),
                Access::Person | Access::PersonWith(_) => (false, 0),
                Access::With(permission) => (role.allows(permission), row.status),
            };
            let home = fresh().await;
            let key = home.key_of(&api, role, Permission::ALL).await;
            let home = Home { key: key.id, ..home };
            let answer = operation.ask(&api, &home, Some(&key.authorization())).await;
            if may {
                assert_eq!(answer.status, status, "{id} by the role {role}: {}", answer.text);
            } else {
                answer.is_problem(403, "forbidden");
            }
        }
        if let Access::With(permission) = row.access {
            let home = fresh().await;
            let others: Vec<Permission> =
                Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
            let key = home.key_of(&api, Role::Owner, &others).await;
            operation.ask(&api, &home, Some(&key.authorization())).await.is_problem(403, "forbidden");

            let answer = operation.ask(&api, &fresh().await, Some(&elsewhere.authorization())).await;
            let code = if operation.path.contains("/tenants/") { "tenant_not_found" } else { "organisation_not_found" };
            if operation.is_of_one() {
                answer.is_problem(404, code);
            } else {
                assert_eq!(answer.status, row.status, "{id}, of what is their own: {}", answer.text);
                assert!(!answer.text.contains("home"), "{id} tells of others: {}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn every_operation_asks_people_for_their_role() {
    let api = Api::start().await;
    let mut members = Vec::new();
    for role in Role::ALL {
        members.push((role, Person::new(&api, role.as_str()).await));
    }
    let elsewhere = Person::new(&api, "elsewhere").await;
    for (number, operation) in operations().into_iter().enumerate() {
        let (id, row) = (&operation.id, row(&operation.id).unwrap());
        for (role, person) in &members {
            let home = Home::make(&api, &format!("home-{number}-{role}")).await;
            let (authorization, key) = home.admit(&api, (&person.browser, person.user), *role).await;
            let home = Home { key: key.id, ..home };
            let answer = operation.ask(&api, &home, Some(&authorization)).await;
            let may = row.access.takes().is_none_or(|permission| role.allows(permission));
            if may {
                assert_eq!(answer.status, row.status, "{id} by a person with the role {role}: {}", answer.text);
            } else {
                answer.is_problem(403, "forbidden");
            }
        }
        let home = Home::make(&api, &format!("home-{number}")).await;
        let answer = operation.ask(&api, &home, Some(&elsewhere.authorization())).await;
        if let (Access::With(_), true) = (row.access, operation.is_of_one()) {
            let code = if operation.path.contains("/tenants/") { "tenant_not_found" } else { "organisation_not_found" };
            answer.is_problem(404, code);
        }
        assert!(!answer.text.contains("home"), "{id} tells of others: {}", answer.text);
    }
}

/// Owners, who may everything but for what the operator wants to know of people first.
#[tokio::test]
async fn every_operation_that_costs_others_something_asks_how_one_stands() {
    let api = Api::start().await;
    let [unverified, waiting] = [Person::new(&api, "unverified").await, Person::new(&api, "waiting").await];
    unverified.becomes(&api, ("users", "id"), "email_verified_at = NULL").await;
    waiting.becomes(&api, ("users", "id"), "approved_at = NULL").await;
    for (number, operation) in operations().into_iter().enumerate() {
        let (id, access) = (&operation.id, row(&operation.id).unwrap().access);
        let costs = access.takes() == Some(Permission::TenantCreate) || id == "create_invitation";
        for (person, code) in [(&unverified, "email_not_verified"), (&waiting, "awaiting_approval")] {
            let home = Home::make(&api, &format!("home-{number}-{}", code.replace('_', "-"))).await;
            let (authorization, key) = home.admit(&api, (&person.browser, person.user), Role::Owner).await;
            for (authorization, is_person) in [(authorization, true), (key.authorization(), false)] {
                let answer = operation.ask(&api, &home, Some(&authorization)).await;
                if costs && (is_person || !matches!(access, Access::PersonWith(_))) {
                    answer.is_problem(403, code);
                } else {
                    assert_ne!(answer.body["code"], code, "{id}: {}", answer.text);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_tenant_belongs_to_the_organisation_of_whoever_makes_it() {
    let api = Api::start().await;
    let home = Home::make(&api, "house").await;
    let key = home.key_of(&api, Role::Member, Permission::ALL).await;
    let made = key.post(&api, "/api/v1/tenants", &json!({ "subdomain": "study", "app": "sample" })).await;
    assert_eq!(made.status, 202, "{}", made.text);
    let path = crate::support::path(&made.body["tenant"]);
    let other = Home::make(&api, "other").await.key_of(&api, Role::Owner, Permission::ALL).await;
    other.get(&api, &path).await.is_problem(404, "tenant_not_found");
    let names = |answer: &Answer| {
        let items = answer.body["items"].as_array().unwrap().iter();
        items.map(|item| item["subdomain"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&key.get(&api, "/api/v1/tenants").await), ["study", "house"]);
    assert_eq!(names(&other.get(&api, "/api/v1/tenants").await), ["other"]);
    assert_eq!(names(&api.get("/api/v1/tenants").await), ["other", "study", "house"]);
    // A name is taken, whoever has it.
    let taken = other.post(&api, "/api/v1/tenants", &json!({ "subdomain": "study", "app": "sample" })).await;
    taken.is_problem(409, "subdomain_taken");
}

#[tokio::test]
async fn a_stranger_is_not_told_which_tenants_there_are() {
    let api = Api::start().await;
    let there = api.create("secret").await["id"].as_str().unwrap().to_owned();
    let not_there = "tnt_00000000000070008000000000000000";
    let viewer = Home::make(&api, "house").await.key_of(&api, Role::Viewer, Permission::ALL).await;
    for id in [there.as_str(), not_there, "nonsense"] {
        let request = Request::get(format!("/api/v1/tenants/{id}")).body(Body::empty()).unwrap();
        api.ask(request).await.is_problem(401, "unauthenticated");
        viewer.post(&api, &format!("/api/v1/tenants/{id}/stop"), &json!({})).await.is_problem(403, "forbidden");
    }
    for id in [not_there, "nonsense", "secret"] {
        api.get(&format!("/api/v1/tenants/{id}")).await.is_problem(404, "tenant_not_found");
    }
}

#[tokio::test]
async fn a_keys_use_is_noted_once_a_minute() {
    let api = Api::start().await;
    let used = async || api.database.worker.list_operator_keys().await.unwrap()[0].last_used_at;
    assert_eq!(used().await, None);
    api.get("/api/v1/apps").await;
    let first = used().await;
    assert!(first.is_some());
    api.get("/api/v1/apps").await;
    assert_eq!(used().await, first);
}
