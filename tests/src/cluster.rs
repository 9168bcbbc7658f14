//! A PostgreSQL for each test, bootstrapped and migrated as in production.
//!
//! Making a cluster takes two seconds, copying one a tenth of that: the first test makes it, in the cache folder, and
//! the others copy it.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use embedded::{Places, Postgres, PostgresOptions};
use secrecy::SecretString;
use storage::{BootstrapNames, Login, Password, Store, StoreOptions};
use tempfile::TempDir;

/// The platform's database.
pub const DATABASE: &str = "platform";

/// A server with the platform's database, and a store for each of its roles.
#[derive(Debug)]
pub struct Cluster {
    pub owner: Store,
    pub api: Store,
    pub worker: Store,
    pub server: Server,
}

impl Cluster {
    pub async fn start() -> Self {
        let server = Server::start().await;
        storage::bootstrap(&server.superuser("postgres"), &names()).await.unwrap();
        let owner = server.store("platform_owner", 2).await;
        owner.migrate().await.unwrap();
        let (api, worker) = (server.store("platform_api", 8).await, server.store("platform_worker", 16).await);
        Self { owner, api, worker, server }
    }
}

/// A server that goes with the test.
#[derive(Debug)]
pub struct Server {
    postgres: Postgres,
    _folder: TempDir,
}

impl Server {
    pub async fn start() -> Self {
        let folder = TempDir::with_prefix("cluster-").unwrap();
        // PostgreSQL runs under another account when we are root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let data_dir = folder.path().join("data");
        copy(&template().await, &data_dir);
        let postgres = Postgres::start(options(data_dir)).await.unwrap();
        Self { postgres, _folder: folder }
    }

    #[must_use]
    pub fn superuser(&self, database: &str) -> SecretString {
        self.postgres.superuser_url(database)
    }

    #[must_use]
    pub fn url(&self, role: &str) -> SecretString {
        format!("postgres://{role}:{role}-password@{}/{DATABASE}", self.postgres.address()).into()
    }

    pub async fn store(&self, role: &str, max_connections: u32) -> Store {
        let acquire_timeout = Duration::from_secs(10);
        let application_name = format!("test {role}");
        let url = self.url(role);
        Store::connect(StoreOptions { url, max_connections, acquire_timeout, application_name }).await.unwrap()
    }

    /// One of PostgreSQL's own programs.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        places().postgres(None, None).unwrap().folder().join(name)
    }
}

/// The roles every cluster here has.
#[must_use]
pub fn names() -> BootstrapNames {
    let login = |name: &str| Login {
        name: format!("platform_{name}"),
        password: Password::Literal(format!("platform_{name}-password").into()),
    };
    let (owner, api, worker) = (login("owner"), login("api"), login("worker"));
    BootstrapNames { database: DATABASE.into(), owner, api, worker }
}

/// Where this machine keeps the programs.
#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
#[must_use]
pub fn places() -> Places {
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
