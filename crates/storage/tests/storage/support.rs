//! A PostgreSQL for each test, bootstrapped and migrated as in production, and tenants to put into it.

use std::ops::Deref;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::access::Role;
use domain::tenant::{Operation, Status, Subdomain, TenantSpec, World};
use domain::{Clock, DeploymentId, Email, OrganisationId, SystemClock, SystemEntropy, TenantId, UserId};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use storage::{
    Change, ClaimRequest, Claimed, Finished, LeaseOwner, Metadata, NewOrganisation, NewTenant, NewUser, Priority,
    Scope, Tenant,
};
use uuid::Uuid;

/// The platform's database, and what a test asks of it.
#[derive(Debug)]
pub(crate) struct Platform(test_cluster::Platform);

impl Deref for Platform {
    type Target = test_cluster::Platform;

    fn deref(&self) -> &test_cluster::Platform {
        &self.0
    }
}

impl Platform {
    pub(crate) async fn start() -> Self {
        Self(test_cluster::Platform::start().await)
    }

    /// As the superuser, in the platform's database.
    pub(crate) async fn sql(&self, sql: &str) {
        let mut connection = connect(&self.superuser_url()).await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }

    /// One number, as the superuser.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = connect(&self.superuser_url()).await;
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
    }

    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        self.api.create_tenant(Scope::Operator, new_tenant(name)).await.unwrap()
    }

    /// Somebody with an account, whose address is theirs.
    pub(crate) async fn user(&self, name: &str) -> UserId {
        let new = new_user(name);
        self.api.create_user(&new).await.unwrap();
        new.id
    }

    /// An organisation that is not personal, and its owner.
    pub(crate) async fn organisation(&self, name: &str) -> (OrganisationId, UserId) {
        let (id, founder) = (OrganisationId::generate(now(), &SystemEntropy), self.user(name).await);
        let new = NewOrganisation { id, name: name.to_owned(), founder, most: None, now: now() };
        self.api.create_organisation(Scope::User(founder), &new).await.unwrap();
        (id, founder)
    }

    /// Claims everything that is due.
    pub(crate) async fn claim(&self, owner: LeaseOwner, lease: Duration) -> Vec<Claimed> {
        self.worker.claim_due(owner, ClaimRequest { limit: 100, background_limit: 100, lease }).await.unwrap()
    }

    /// Claims the one tenant that is due.
    pub(crate) async fn claim_one(&self, owner: LeaseOwner) -> Claimed {
        let mut claimed = self.claim(owner, Duration::from_secs(60)).await;
        assert_eq!(claimed.len(), 1);
        claimed.remove(0)
    }
}

pub(crate) async fn connect(url: &SecretString) -> PgConnection {
    PgConnection::connect(url.expose_secret()).await.unwrap()
}

/// Somebody at `name@example.org`.
pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        id: UserId::generate(now(), &SystemEntropy),
        email: Email::parse(&format!("{name}@example.org")).unwrap(),
        name: name.to_owned(),
        password_hash: Some(format!("the hash of {name}").into()),
        email_verified_at: Some(now()),
        approved_at: Some(now()),
        terms_version: None,
        organisation: OrganisationId::generate(now(), &SystemEntropy),
        now: now(),
    }
}

/// One who may do everything in an organisation.
pub(crate) const fn member(organisation: OrganisationId) -> Scope {
    Scope::Member { organisation, user: None, role: Role::Owner }
}

pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

pub(crate) fn worker(number: u128) -> LeaseOwner {
    LeaseOwner(Uuid::from_u128(number))
}

pub(crate) fn deployment_id() -> DeploymentId {
    DeploymentId::generate(now(), &SystemEntropy)
}

pub(crate) fn spec() -> TenantSpec {
    serde_json::from_value(
        serde_json::json!({ "app": "sample", "isolation": "database", "image": "sample:1", "limits": null }),
    )
    .unwrap()
}

pub(crate) fn new_tenant(name: &str) -> NewTenant {
    NewTenant {
        id: TenantId::generate(now(), &SystemEntropy),
        organisation: OrganisationId::OPERATOR,
        owner: UserId::OPERATOR,
        subdomain: Subdomain::parse(name).unwrap(),
        spec: spec(),
        metadata: Metadata::new(),
        secrets: vec![],
        deployment: deployment_id(),
        most: None,
        now: now(),
    }
}

pub(crate) fn change(operation: Operation) -> Change {
    Change::plain(operation, deployment_id(), now())
}

/// A pass after which all is well, to be looked at again in a minute.
pub(crate) fn all_well<'a>(claimed: &Claimed, world: &'a World) -> Finished<'a> {
    Finished {
        world,
        status: Status::Active,
        conditions: &[],
        container: None,
        observed_generation: claimed.tenant.generation,
        observed_at: now(),
        ended_at: now(),
        error: None,
        at_rest: true,
        next_at: now() + chrono::TimeDelta::seconds(60),
        next_priority: Priority::Background,
        event: None,
        deployment_outcome: None,
        receipt: None,
        quarantine_until: None,
    }
}
