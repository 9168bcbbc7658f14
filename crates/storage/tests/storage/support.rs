//! A PostgreSQL for each test, bootstrapped and migrated as in production, and tenants to put into it.
//!
//! Making a cluster takes two seconds, copying one a tenth of that: the first test makes it, in the cache folder, and
//! the others copy it.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::tenant::{Status, Subdomain, TenantSpec, World};
use domain::{Clock, DeploymentId, OrganisationId, SystemClock, SystemEntropy, TenantId, UserId};
use embedded::{Places, Postgres, PostgresOptions};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};
use storage::{
    Action, BootstrapNames, Change, ClaimRequest, Claimed, Finished, LeaseOwner, Login, Metadata, NewTenant, Password,
    Priority, Store, StoreOptions, Tenant,
};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const DATABASE: &str = "platform";

/// A platform's database, and a store for each of its roles.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) owner: Store,
    pub(crate) api: Store,
    pub(crate) worker: Store,
    pub(crate) server: Server,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let server = Server::start().await;
        storage::bootstrap(&server.superuser("postgres"), &names()).await.unwrap();
        let owner = server.store("platform_owner", 2).await;
        owner.migrate().await.unwrap();
        let (api, worker) = (server.store("platform_api", 8).await, server.store("platform_worker", 8).await);
        Self { owner, api, worker, server }
    }

    /// As the superuser, in the platform's database.
    pub(crate) async fn sql(&self, sql: &str) {
        let mut connection = self.server.connect(&self.server.superuser(DATABASE)).await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
    }

    /// One number, as the superuser.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.server.connect(&self.server.superuser(DATABASE)).await;
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await.unwrap()
    }

    pub(crate) async fn tenant(&self, name: &str) -> Tenant {
        self.api.create_tenant(new_tenant(name)).await.unwrap()
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

/// A PostgreSQL that goes with the test.
#[derive(Debug)]
pub(crate) struct Server {
    postgres: Postgres,
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = TempDir::with_prefix("storage-").unwrap();
        // PostgreSQL runs under another account when we are root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let data_dir = folder.path().join("data");
        copy(&template().await, &data_dir);
        let postgres = Postgres::start(options(data_dir)).await.unwrap();
        Self { postgres, _folder: folder }
    }

    pub(crate) fn superuser(&self, database: &str) -> SecretString {
        self.postgres.superuser_url(database)
    }

    pub(crate) fn url(&self, role: &str) -> SecretString {
        format!("postgres://{role}:{role}-password@{}/{DATABASE}", self.postgres.address()).into()
    }

    pub(crate) async fn store(&self, role: &str, max_connections: u32) -> Store {
        let acquire_timeout = Duration::from_secs(10);
        let application_name = format!("test {role}");
        let url = self.url(role);
        Store::connect(StoreOptions { url, max_connections, acquire_timeout, application_name }).await.unwrap()
    }

    /// One of PostgreSQL's own programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        places().postgres(None, None).unwrap().folder().join(name)
    }

    pub(crate) async fn connect(&self, url: &SecretString) -> PgConnection {
        PgConnection::connect(url.expose_secret()).await.unwrap()
    }
}

pub(crate) fn names() -> BootstrapNames {
    let login = |name: &str| Login {
        name: format!("platform_{name}"),
        password: Password::Literal(format!("platform_{name}-password").into()),
    };
    let (owner, api, worker) = (login("owner"), login("api"), login("worker"));
    BootstrapNames { database: DATABASE.into(), owner, api, worker }
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
fn places() -> Places {
    Places::usual(|name| std::env::var_os(name))
}

fn options(data_dir: PathBuf) -> PostgresOptions {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    PostgresOptions {
        binaries: places().postgres(None, None).unwrap(),
        data_dir,
        listen: vec![],
        port: None,
        run_as: None,
        admitted: vec![],
        settings: vec![setting("fsync", "off"), setting("shared_buffers", "16MB"), setting("max_connections", "60")],
        superuser_password: "superuser".into(),
    }
}

/// A cluster that nobody uses, made by whoever needs it first.
async fn template() -> PathBuf {
    let major = places().postgres(None, None).unwrap().major();
    let folder = places().cache.join(format!("test-cluster-{major}"));
    std::fs::create_dir_all(&folder).unwrap();
    let turn = File::create(folder.join("turn")).unwrap();
    turn.lock().unwrap();
    let (data, made) = (folder.join("data"), folder.join("made"));
    if !made.exists() {
        Postgres::start(options(data.clone())).await.unwrap().stop().await.unwrap();
        File::create(made).unwrap();
    }
    data
}

/// With owners: the files belong to the account PostgreSQL runs under.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").args(["--archive", "--reflink=auto"]).args([from, to]).status().unwrap();
    assert!(status.success());
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
    serde_json::from_value(serde_json::json!({ "app": "sample", "image": "sample:1", "limits": null })).unwrap()
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
        now: now(),
    }
}

pub(crate) fn change(action: Action) -> Change {
    Change {
        action,
        desired_state: None,
        spec: None,
        expected_generation: None,
        deployment: deployment_id(),
        now: now(),
    }
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
        error: None,
        next_at: now() + chrono::TimeDelta::seconds(60),
        next_priority: Priority::Background,
        event: None,
        deployment_outcome: None,
    }
}
