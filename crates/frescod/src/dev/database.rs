//! The private PostgreSQL: started, supervised, its roles and tables brought up to date.

use std::path::PathBuf;

use anyhow::Context;
use embedded::postgres::PostgresError;
use embedded::{Postgres, PostgresBinaries, PostgresOptions};
use provisioner::database::{AdminNames, PlainName};
use secrecy::{ExposeSecret, SecretString};
use storage::{BootstrapNames, Login, Password};

use super::Choices;
use super::network::DevNetwork;
use super::state::State;
use super::supervise::supervise;
use crate::commands::operator_key;
use crate::config::Config;
use crate::files::replace;
use crate::lifecycle::Lifecycle;
use crate::wiring::parts::{self, Side};

const PLATFORM_DATABASE: &str = "fresco_platform";
const SHARED_DATABASE: &str = "fresco_tenants";
const ADMIN: &str = "fresco_admin";

/// The three logins of the platform's database, and the files their URLs stand in.
const OWNER: (&str, &str) = ("fresco_owner_login", "owner");
const API: (&str, &str) = ("fresco_api_login", "api");
const WORKER: (&str, &str) = ("fresco_worker_login", "worker");

/// A running one, with what it takes to start it again.
#[derive(Debug)]
pub(super) struct Database {
    server: Postgres,
    options: PostgresOptions,
}

impl Database {
    /// Starts it on the port of the run before, or on another if somebody else has that one by now.
    pub(super) async fn start(choices: &Choices, state: &mut State, network: &DevNetwork) -> anyhow::Result<Self> {
        let mut options = options(choices, state, network)?;
        let server = match Postgres::start(options.clone()).await {
            Err(PostgresError::Listen(error)) if options.port.is_some() => {
                tracing::warn!(%error, "taking another port; running tenants are made anew");
                options.port = None;
                Postgres::start(options.clone()).await?
            }
            started => started?,
        };
        options.port = Some(server.port());
        state.settle(|identity| identity.postgres_port = options.port)?;
        Ok(Self { server, options })
    }

    pub(super) fn port(&self) -> u16 {
        self.server.port()
    }

    /// Hands it to a task that starts it again when it dies.
    pub(super) fn supervise(self, lifecycle: &mut Lifecycle) {
        let Self { server, options } = self;
        lifecycle.start("postgresql", |stop| supervise(server, options, stop));
    }
}

/// The programs of the version that the cluster was made with, once there is one; the client's are beside the server's.
pub(super) fn binaries(choices: &Choices, state: &State) -> anyhow::Result<PostgresBinaries> {
    Ok(choices.places.postgres(None, Postgres::version_of(&data_dir(state)))?)
}

fn data_dir(state: &State) -> PathBuf {
    state.path("postgresql")
}

fn options(choices: &Choices, state: &State, network: &DevNetwork) -> anyhow::Result<PostgresOptions> {
    Ok(PostgresOptions {
        binaries: binaries(choices, state)?,
        data_dir: data_dir(state),
        listen: vec![network.gateway],
        port: state.identity().postgres_port,
        run_as: None,
        admitted: vec![network.subnet.into()],
        // Every tenant's role may hold 20.
        settings: vec![("max_connections".to_owned(), "500".to_owned())],
        superuser_password: state.password("superuser")?,
    })
}

/// What `frescod bootstrap-sql` prints, run by us; and the files with the URLs.
pub(super) async fn prepare(state: &State, port: u16) -> anyhow::Result<()> {
    let superuser = url("postgres", &state.password("superuser")?, port, "postgres");
    let login = |(role, name): (&str, &str)| -> anyhow::Result<Login> {
        Ok(Login { name: role.to_owned(), password: Password::Literal(state.password(name)?) })
    };
    let names = BootstrapNames {
        database: PLATFORM_DATABASE.to_owned(),
        owner: login(OWNER)?,
        api: login(API)?,
        worker: login(WORKER)?,
    };
    storage::bootstrap(&superuser, &names).await.context("can't prepare the platform's database")?;
    let admin = AdminNames { admin: PlainName::parse(ADMIN)?, shared_database: PlainName::parse(SHARED_DATABASE)? };
    let password = state.password("admin")?;
    let prepared = provisioner::database::bootstrap(&superuser, &admin, &password).await;
    prepared.context("can't prepare PostgreSQL for tenants")?;
    for (role, name) in [OWNER, API, WORKER] {
        let url = url(role, &state.password(name)?, port, PLATFORM_DATABASE);
        replace(&url_file(state, name), url.expose_secret(), 0o600)?;
    }
    let url = url(ADMIN, &password, port, SHARED_DATABASE);
    replace(&url_file(state, "admin"), url.expose_secret(), 0o600)
}

pub(super) fn url_file(state: &State, name: &str) -> PathBuf {
    state.path(&format!("secrets/{name}-url"))
}

/// Passwords are hex digits, so nothing needs escaping.
fn url(role: &str, password: &SecretString, port: u16, database: &str) -> SecretString {
    format!("postgres://{role}:{}@127.0.0.1:{port}/{database}", password.expose_secret()).into()
}

/// The tables, and an operator key for the developer.
pub(super) async fn migrate(config: &Config, state: &State) -> anyhow::Result<()> {
    let owner = parts::store(config, Side::Owner).await?;
    let migrated = owner.migrate().await;
    owner.close().await;
    for migration in migrated?.applied {
        tracing::info!(migration, "applied");
    }
    let worker = parts::store(config, Side::Worker).await?;
    let key = ensure_operator_key(state, &worker).await;
    worker.close().await;
    key
}

/// Keeps the key of the run before while the database knows it.
async fn ensure_operator_key(state: &State, store: &storage::Store) -> anyhow::Result<()> {
    let file = state.operator_key_file();
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    let keys = store.list_operator_keys().await?;
    let is_known =
        |key: &storage::OperatorKey| key.revoked_at.is_none() && kept.starts_with(&format!("fr_{}_", key.id.simple()));
    if keys.iter().any(is_known) {
        return Ok(());
    }
    let (_, token) = operator_key::make(store, "frescod dev").await?;
    replace(&file, token.expose_secret(), 0o600)
}
