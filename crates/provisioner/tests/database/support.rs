//! What the suites share: a bootstrapped private PostgreSQL, sessions, tenants.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use domain::app::Isolation;
use domain::{Clock, SystemClock, SystemEntropy, TenantId};
use embedded::{Places, Postgres, PostgresBinaries, PostgresOptions as ServerOptions};
use provisioner::database::{
    AdminNames, DatabaseError, PlainName, PostgresOptions, PostgresTenants, RoleSpec, TenantDatabase, TenantUrl,
    bootstrap,
};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

pub(crate) const BOTH: [Isolation; 2] = [Isolation::Database, Isolation::Schema];
pub(crate) const SHARED: &str = "fresco_shared";
pub(crate) const ADMIN_PASSWORD: &str = "admin-secret-of-the-test";

/// One test for each supported version of PostgreSQL.
macro_rules! on_every_version {
    ($test:ident) => {
        mod $test {
            #[tokio::test]
            async fn postgres_15() {
                $crate::support::with_server(15, super::$test).await;
            }
            #[tokio::test]
            async fn postgres_16() {
                $crate::support::with_server(16, super::$test).await;
            }
            #[tokio::test]
            async fn postgres_17() {
                $crate::support::with_server(17, super::$test).await;
            }
            #[tokio::test]
            async fn postgres_18() {
                $crate::support::with_server(18, super::$test).await;
            }
        }
    };
}
pub(crate) use on_every_version;

/// Runs a test on a server of its own. A version that is not installed fails it: `scripts/setup` installs all of them.
pub(crate) async fn with_server(major: u32, test: impl AsyncFnOnce(&Server)) {
    let server = Server::start(major).await.unwrap_or_else(|why| panic!("PostgreSQL {major}: {why}"));
    test(&server).await;
}

/// A private PostgreSQL, bootstrapped. It ends with the value, also on a panic.
pub(crate) struct Server {
    pub(crate) tenants: PostgresTenants,
    pub(crate) postgres: Postgres,
    /// Where the programs of its version are.
    pub(crate) programs: PathBuf,
    pub(crate) folder: TempDir,
}

impl Server {
    async fn start(major: u32) -> Result<Self, String> {
        let binaries = binaries(major)?;
        let folder = TempDir::with_prefix("tenants-").unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let programs = binaries.folder().to_owned();
        let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let options = ServerOptions {
            binaries,
            data_dir: folder.path().join("data"),
            listen: vec![],
            port: None,
            run_as: None,
            admitted: vec![],
            settings: vec![
                setting("max_connections", "40"),
                setting("fsync", "off"),
                setting("log_statement", "all"),
                setting("log_min_duration_statement", "0"),
            ],
            superuser_password: "superuser-secret".into(),
        };
        let postgres = Postgres::start(options).await.unwrap();
        bootstrap(&postgres.superuser_url("postgres"), &names(), &ADMIN_PASSWORD.into()).await.unwrap();
        let tenants = PostgresTenants::new(&options_of(&postgres)).unwrap();
        Ok(Self { tenants, postgres, programs, folder })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.postgres.address()
    }

    pub(crate) async fn superuser(&self, database: &str) -> Session {
        Session::open(&self.postgres.superuser_url(database)).await.unwrap()
    }

    pub(crate) fn tenant_url(&self, tenant: TenantId, isolation: Isolation) -> SecretString {
        TenantUrl { tenant, isolation, shared_database: SHARED, password: &spec().password }.at(self.address())
    }

    pub(crate) async fn tenant(&self, tenant: TenantId, isolation: Isolation) -> Session {
        Session::open(&self.tenant_url(tenant, isolation)).await.unwrap()
    }

    pub(crate) async fn admin(&self, database: &str) -> Session {
        let url = format!("postgresql://fresco_admin:{ADMIN_PASSWORD}@{}/{database}", self.postgres.address());
        Session::open(&url.into()).await.unwrap()
    }

    /// What shows from afar that something of a tenant was altered.
    pub(crate) async fn fingerprint(&self, tenant: TenantId) -> Option<u64> {
        self.tenants.fingerprints().await.unwrap().get(&tenant).copied()
    }

    /// Whether role and database conform; `None` for one that is not there.
    pub(crate) async fn conformity(&self, tenant: TenantId, isolation: Isolation) -> (Option<bool>, Option<bool>) {
        let seen = self.tenants.observe(tenant, isolation, &spec()).await.unwrap();
        (seen.role.map(|role| role.conforms), seen.database.map(|database| database.conforms))
    }

    pub(crate) async fn mend(&self, tenant: TenantId, isolation: Isolation) -> Result<(), DatabaseError> {
        self.tenants.ensure_role(tenant, &spec()).await?;
        self.tenants.ensure_database(tenant, isolation).await?;
        Ok(())
    }

    pub(crate) async fn remove(&self, tenant: TenantId, isolation: Isolation) {
        self.tenants.drop_database(tenant, isolation).await.unwrap();
        self.tenants.drop_role(tenant).await.unwrap();
    }

    /// A tenant with a role and a database or schema.
    pub(crate) async fn deploy(&self, isolation: Isolation) -> TenantId {
        let tenant = new_tenant();
        self.mend(tenant, isolation).await.unwrap();
        tenant
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("data.log")).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
pub(crate) fn binaries(major: u32) -> Result<PostgresBinaries, String> {
    let places = Places::usual(|name| std::env::var_os(name));
    places.postgres(None, Some(major)).map_err(|error| error.to_string())
}

pub(crate) fn names() -> AdminNames {
    AdminNames { admin: PlainName::parse("fresco_admin").unwrap(), shared_database: PlainName::parse(SHARED).unwrap() }
}

pub(crate) fn options_of(postgres: &Postgres) -> PostgresOptions {
    let url = format!("postgresql://fresco_admin:{ADMIN_PASSWORD}@{}/{SHARED}", postgres.address());
    PostgresOptions {
        admin_url: url.into(),
        pool_size: 4,
        call_timeout: Duration::from_secs(60),
        statement_timeout: Duration::from_secs(50),
        lock_timeout: Duration::from_secs(10),
        tenant_login: postgres.address(),
    }
}

pub(crate) fn new_tenant() -> TenantId {
    TenantId::generate(SystemClock.now(), &SystemEntropy)
}

pub(crate) fn spec() -> RoleSpec {
    RoleSpec {
        password: "00112233445566778899aabbccddeeff".into(),
        password_version: 1,
        connection_limit: 5,
        statement_timeout: Duration::from_secs(30),
        idle_in_transaction_timeout: Duration::from_secs(60),
    }
}

/// One session; its connection runs until it is dropped.
pub(crate) struct Session {
    pub(crate) client: Client,
    _connection: JoinSet<Result<(), tokio_postgres::Error>>,
}

impl Session {
    pub(crate) async fn open(url: &SecretString) -> Result<Self, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
        let mut connections = JoinSet::new();
        connections.spawn(connection);
        Ok(Self { client, _connection: connections })
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// The code PostgreSQL refuses with; `None` if it does as told.
    pub(crate) async fn refusal(&self, sql: &str) -> Option<SqlState> {
        let error = self.client.batch_execute(sql).await.err()?;
        Some(error.code().unwrap_or_else(|| panic!("{sql}: {error:?}")).clone())
    }

    /// The first column of the last row, as text.
    pub(crate) async fn ask(&self, sql: &str) -> Option<String> {
        let messages = self.client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        messages.iter().rev().find_map(|message| {
            let SimpleQueryMessage::Row(row) = message else { return None };
            row.get(0).map(str::to_owned)
        })
    }
}
