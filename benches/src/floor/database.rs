//! A role and a database like ours, by plain statements that lead to the same, not by ours, which mend as well.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

use crate::stage::Stage;

/// What the sample's manifest calls a release's effect.
const EFFECT: &str = r#"select count(*) from public."_prisma_migrations" where finished_at is not null"#;

/// Sessions of the tenants' admin, one a lane, opened before anything is measured.
#[derive(Debug)]
pub(super) struct Database {
    lanes: Vec<Client>,
    _connections: JoinSet<Result<(), tokio_postgres::Error>>,
    /// PostgreSQL as tenants see it, and as we do.
    seen_by_tenants: SocketAddr,
    seen_by_us: SocketAddr,
}

impl Database {
    pub(super) async fn connect(stage: &Stage, seen_by_tenants: IpAddr, lanes: usize) -> anyhow::Result<Self> {
        let (admin, seen_by_us) = (&stage.tenants_admin, stage.postgres.address());
        let seen_by_tenants = SocketAddr::new(seen_by_tenants, seen_by_us.port());
        let (mut clients, mut connections) = (Vec::new(), JoinSet::new());
        for _ in 0..lanes {
            let (client, connection) = tokio_postgres::connect(admin.expose_secret(), NoTls).await?;
            connections.spawn(connection);
            clients.push(client);
        }
        Ok(Self { lanes: clients, _connections: connections, seen_by_tenants, seen_by_us })
    }

    /// Makes a role, and a database of the same name that only it may enter.
    pub(super) async fn make(&self, role: &str, password: &SecretString, lane: usize) -> anyhow::Result<()> {
        let password = password.expose_secret();
        let make_role = format!(
            "CREATE ROLE {role} LOGIN CONNECTION LIMIT 20 PASSWORD '{password}' VALID UNTIL 'infinity';
             GRANT {role} TO CURRENT_USER;
             ALTER ROLE {role} SET statement_timeout = 60000;
             ALTER ROLE {role} SET idle_in_transaction_session_timeout = 60000"
        );
        let create = format!("CREATE DATABASE {role} OWNER {role} TEMPLATE template0 ENCODING 'UTF8' STRATEGY wal_log");
        let close = format!("REVOKE ALL ON DATABASE {role} FROM PUBLIC");
        for statement in [make_role, create, close] {
            self.lanes[lane].batch_execute(&statement).await?;
        }
        Ok(())
    }

    /// For the tenant itself.
    pub(super) fn url(&self, role: &str, password: &SecretString) -> SecretString {
        url(self.seen_by_tenants, role, password)
    }

    /// Asks, as the tenant, whether the release did what it is for.
    pub(super) async fn must_be_prepared(&self, role: &str, password: &SecretString) -> anyhow::Result<()> {
        let url = url(self.seen_by_us, role, password);
        let (client, connection) = tokio_postgres::connect(url.expose_secret(), NoTls).await?;
        let asked = async move { client.query_one(EFFECT, &[]).await };
        let (row, ended) = tokio::join!(asked, connection);
        ended?;
        if row?.get::<_, i64>(0) == 0 {
            bail!("the release had no effect on {role}");
        }
        Ok(())
    }

    pub(super) async fn remove(&self, role: &str, lane: usize) -> anyhow::Result<()> {
        // Without FORCE, which fails while autovacuum is at work there. Its sessions end with its container.
        for statement in [format!("DROP DATABASE {role}"), format!("DROP ROLE {role}")] {
            self.lanes[lane].batch_execute(&statement).await?;
        }
        Ok(())
    }

    pub(super) async fn must_be_clear(&self) -> anyhow::Result<()> {
        const LEFT: &str = r"SELECT string_agg(name, ', ') FROM
            (SELECT rolname::text AS name FROM pg_roles UNION SELECT datname::text FROM pg_database) AS all_names
            WHERE name LIKE 'tenant\_%' OR name LIKE 'floor\_%'";
        let session = self.lanes.first().context("no session")?;
        match session.query_one(LEFT, &[]).await?.get::<_, Option<String>>(0) {
            None => Ok(()),
            Some(names) => bail!("left in PostgreSQL: {names}"),
        }
    }
}

/// The password is made of hex digits.
fn url(address: SocketAddr, role: &str, password: &SecretString) -> SecretString {
    format!("postgresql://{role}:{}@{address}/{role}", password.expose_secret()).into()
}
