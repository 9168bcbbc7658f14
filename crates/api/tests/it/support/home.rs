//! An organisation with members of each role, a tenant, an invitation, and keys.

use axum::body::Body;
use axum::http::{Method, Request};
use chrono::TimeDelta;
use domain::access::{Permission, Role};
use domain::tenant::Subdomain;
use domain::{
    ApiKeyId, Clock, DeploymentId, Email, InvitationId, OrganisationId, SystemClock, SystemEntropy, TenantId, UserId,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use storage::tenants::Metadata;
use storage::{NewApiKey, NewInvitation, NewOrganisation, NewTenant, NewUser, Scope};

use super::{Answer, Api, Browser};

#[derive(Clone, Copy)]
pub(crate) struct Home {
    pub(crate) organisation: OrganisationId,
    pub(crate) owner: UserId,
    /// A member whom nobody needs.
    pub(crate) guest: UserId,
    pub(crate) tenant: TenantId,
    pub(crate) invitation: InvitationId,
    /// A key of the organisation.
    pub(crate) key: ApiKeyId,
}

/// A key, and how to ask with it.
pub(crate) struct Key {
    pub(crate) id: ApiKeyId,
    token: SecretString,
}

impl Key {
    pub(crate) fn authorization(&self) -> String {
        format!("Bearer {}", self.token.expose_secret())
    }

    pub(crate) async fn get(&self, api: &Api, path: &str) -> Answer {
        self.ask(api, Method::GET, path, "").await
    }

    pub(crate) async fn post(&self, api: &Api, path: &str, body: &Value) -> Answer {
        self.ask(api, Method::POST, path, &body.to_string()).await
    }

    pub(crate) async fn patch(&self, api: &Api, path: &str, body: &Value) -> Answer {
        self.ask(api, Method::PATCH, path, &body.to_string()).await
    }

    pub(crate) async fn delete(&self, api: &Api, path: &str) -> Answer {
        self.ask(api, Method::DELETE, path, "").await
    }

    async fn ask(&self, api: &Api, method: Method, path: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(path).header("authorization", self.authorization());
        let request = request.header("content-type", "application/json").body(Body::from(body.to_owned()));
        api.ask(request.unwrap()).await
    }
}

impl Home {
    /// Its name, and its tenant's subdomain, are the given one.
    pub(crate) async fn make(api: &Api, name: &str) -> Self {
        let (store, now) = (&api.database.api, SystemClock.now());
        let organisation = OrganisationId::generate(now, &SystemEntropy);
        let owner = user(api).await;
        let new = NewOrganisation { id: organisation, name: name.to_owned(), founder: owner, most: None, now };
        store.create_organisation(Scope::User(owner), &new).await.unwrap();
        let guest = user(api).await;
        store.add_member(Scope::Operator, organisation, (guest, Role::Viewer), now).await.unwrap();
        let (tenant, invitation) =
            (TenantId::generate(now, &SystemEntropy), InvitationId::generate(now, &SystemEntropy));
        let mut home =
            Self { organisation, owner, guest, tenant, invitation, key: ApiKeyId::generate(now, &SystemEntropy) };
        home.fill(api, name).await;
        let key = home.keep(api, (None, owner), &[Permission::TenantView], None).await;
        home.key = key.id;
        home
    }

    async fn fill(&self, api: &Api, name: &str) {
        let (store, scope, now) = (&api.database.api, Scope::Operator, SystemClock.now());
        let invitation = NewInvitation {
            id: self.invitation,
            organisation: self.organisation,
            email: Email::parse("invited@example.org").unwrap(),
            role: Role::Viewer,
            hash: domain::entropy::random(&SystemEntropy),
            invited_by: self.owner,
            now,
            expires_at: now + TimeDelta::days(1),
        };
        store.create_invitation(scope, &invitation, &[]).await.unwrap();
        let spec = json!({ "app": "sample", "isolation": "database", "image": "sample:1", "limits": null });
        let tenant = NewTenant {
            id: self.tenant,
            organisation: self.organisation,
            owner: self.owner,
            subdomain: Subdomain::parse(name).unwrap(),
            spec: serde_json::from_value(spec).unwrap(),
            metadata: Metadata::new(),
            secrets: vec![],
            deployment: DeploymentId::generate(now, &SystemEntropy),
            most: None,
            now,
        };
        store.create_tenant(scope, tenant).await.unwrap();
    }

    /// The key of a new member with this role.
    pub(crate) async fn key_of(&self, api: &Api, role: Role, scopes: &[Permission]) -> Key {
        let member = self.member(api, role).await;
        self.keep(api, (Some(member), member), scopes, None).await
    }

    /// Makes somebody who has logged in a member with this role: how they ask with their session, and a key of theirs.
    pub(crate) async fn admit(&self, api: &Api, (who, user): (&Browser, UserId), role: Role) -> (String, Key) {
        let member = (user, role);
        let store = &api.database.api;
        store.add_member(Scope::Operator, self.organisation, member, SystemClock.now()).await.unwrap();
        let here = json!({ "organisation": self.organisation.to_string() });
        let switched = who.post(api, "/api/v1/me/organisation", &here).await;
        assert_eq!(switched.status, 200, "{}", switched.text);
        let key = self.keep(api, (Some(user), user), Permission::ALL, None).await;
        (format!("Bearer {}", switched.body["access_token"].as_str().unwrap()), key)
    }

    /// The organisation's own key.
    pub(crate) async fn own_key(&self, api: &Api, scopes: &[Permission]) -> Key {
        self.keep(api, (None, self.owner), scopes, None).await
    }

    pub(crate) async fn expired_key(&self, api: &Api) -> String {
        self.keep(api, (None, self.owner), Permission::ALL, Some(TimeDelta::zero())).await.authorization()
    }

    pub(crate) async fn revoked_key(&self, api: &Api) -> String {
        let key = self.own_key(api, Permission::ALL).await;
        let which = (self.organisation, key.id);
        assert!(api.database.api.revoke_api_key(Scope::Operator, which, None, SystemClock.now()).await.unwrap());
        key.authorization()
    }

    pub(crate) async fn former_members_key(&self, api: &Api) -> String {
        let member = self.member(api, Role::Owner).await;
        let key = self.keep(api, (Some(member), member), Permission::ALL, None).await;
        let store = &api.database.api;
        store.remove_member(Scope::Operator, self.organisation, member, SystemClock.now()).await.unwrap();
        key.authorization()
    }

    async fn member(&self, api: &Api, role: Role) -> UserId {
        let member = user(api).await;
        let store = &api.database.api;
        store.add_member(Scope::Operator, self.organisation, (member, role), SystemClock.now()).await.unwrap();
        member
    }

    async fn keep(
        &self,
        api: &Api,
        (user, maker): (Option<UserId>, UserId),
        scopes: &[Permission],
        lives: Option<TimeDelta>,
    ) -> Key {
        let (organisation, now) = (self.organisation, SystemClock.now());
        let made = api::api_key::generate(now, &SystemEntropy);
        let new = NewApiKey {
            id: made.id,
            organisation,
            user,
            maker,
            name: "a test's".to_owned(),
            hash: made.hash,
            scopes: scopes.iter().copied().collect(),
            now,
            expires_at: lives.map(|lives| now + lives),
        };
        let scope = Scope::Member { organisation, user: Some(maker), role: Role::Owner };
        api.database.api.create_api_key(scope, &new).await.unwrap();
        Key { id: made.id, token: made.token }
    }
}

/// Somebody new.
async fn user(api: &Api) -> UserId {
    let now = SystemClock.now();
    let id = UserId::generate(now, &SystemEntropy);
    let new = NewUser {
        id,
        email: Email::parse(&format!("{}@example.org", id.simple())).unwrap(),
        name: "Somebody".to_owned(),
        password_hash: None,
        email_verified_at: Some(now),
        approved_at: Some(now),
        terms_version: None,
        organisation: OrganisationId::generate(now, &SystemEntropy),
        now,
    };
    api.database.api.create_user(&new).await.unwrap();
    id
}
