//! A private PostgreSQL for one test, gone with it.

use std::{fs::Permissions, net::TcpListener, os::unix::fs::PermissionsExt};

use embedded::{Places, PostgresOptions};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

pub(crate) struct Postgres {
    // Before its folder, which must outlive it.
    server: Option<embedded::Postgres>,
    port: u16,
    superuser_url: String,
    _folder: TempDir,
}

impl Postgres {
    /// Starts a server with a database `tenant` owned by the role `tenant`.
    pub(crate) async fn start() -> Self {
        let folder = TempDir::with_prefix("sample-postgres-").unwrap();
        // PostgreSQL runs under another account when we are root, and must pass through.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        #[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
        let places = Places::usual(|name| std::env::var_os(name));
        let server = embedded::Postgres::start(PostgresOptions {
            binaries: places.postgres(None, None).unwrap(),
            data_dir: folder.path().join("data"),
            listen: vec![],
            port: None,
            run_as: None,
            admitted: vec![],
            settings: vec![("fsync".to_owned(), "off".to_owned())],
            superuser_password: "superuser".into(),
        });
        let server = server.await.unwrap();
        let superuser_url = server.superuser_url("").expose_secret().to_owned();
        let postgres = Self { port: server.port(), server: Some(server), superuser_url, _folder: folder };
        let admin = postgres.admin("postgres").await;
        admin.batch_execute("create role tenant login password 'secret'").await.unwrap();
        admin.batch_execute("create database tenant owner tenant").await.unwrap();
        postgres
    }

    /// The URL the app is given.
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        format!("postgresql://{role}:secret@127.0.0.1:{}/{database}", self.port)
    }

    pub(crate) fn tenant_url(&self) -> String {
        self.url("tenant", "tenant")
    }

    /// The superuser's view of a database.
    pub(crate) async fn admin(&self, database: &str) -> Client {
        let (client, connection) =
            tokio_postgres::connect(&format!("{}{database}", self.superuser_url), NoTls).await.unwrap();
        #[expect(clippy::disallowed_methods, reason = "ends with the client that the test holds")]
        tokio::spawn(connection);
        client
    }

    /// The database goes away while the app runs.
    pub(crate) async fn stop(&mut self) {
        self.server.take().unwrap().stop().await.unwrap();
    }
}

/// A port nobody listens on now.
pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
