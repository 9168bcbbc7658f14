//! Sessions: the admin's, pooled, and the configuration of a tenant's own.

use std::future::Future;
use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use deadpool_postgres::{Client, Manager, ManagerConfig, Object, Pool, RecyclingMethod};
use domain::TenantId;
use domain::app::Isolation;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use super::PostgresOptions;
use super::call::Failure;
use crate::database::DatabaseError;
use crate::database::ident::{InvalidName, PlainName, database_name, role_name};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why options are refused. The URL is not repeated: it holds a password.
#[derive(Debug, thiserror::Error)]
pub enum InvalidOptions {
    #[error("the admin URL can't be read: expected `postgresql://role:password@host:port/database`")]
    Url,
    #[error(
        "the admin URL names no database: add the one that tenants with a schema share, as in `…:5432/fresco_shared`"
    )]
    NoDatabase,
    #[error(
        "the admin URL asks for TLS (`sslmode=require`), which the platform's sessions with the tenants' PostgreSQL don't \
         speak: reach that server by a tunnel or over a network that is yours, and leave `sslmode` out"
    )]
    Tls,
    #[error("the database of the admin URL can't be used")]
    Database(#[source] InvalidName),
    #[error("the pool of admin sessions can't be made")]
    Pool(#[source] deadpool_postgres::BuildError),
}

/// The admin role's way in.
#[derive(Debug)]
pub(super) struct Admin {
    pool: Pool,
    config: Config,
    shared_database: PlainName,
    call_timeout: Duration,
}

impl Admin {
    pub(super) fn new(options: &PostgresOptions) -> Result<Self, InvalidOptions> {
        let mut config: Config = options.admin_url.expose_secret().parse().map_err(|_| InvalidOptions::Url)?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(InvalidOptions::Tls);
        }
        let shared = config.get_dbname().ok_or(InvalidOptions::NoDatabase)?;
        let shared_database = PlainName::parse(shared).map_err(InvalidOptions::Database)?;
        config.application_name("frescod").connect_timeout(CONNECT_TIMEOUT).options(format!(
            "-c search_path=pg_catalog -c statement_timeout={} -c lock_timeout={}",
            options.statement_timeout.as_millis(),
            options.lock_timeout.as_millis()
        ));
        // A session whose server has gone is noticed without a round trip.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.clone(), NoTls, recycling);
        let pool = Pool::builder(manager).max_size(options.pool_size).build().map_err(InvalidOptions::Pool)?;
        Ok(Self { pool, config, shared_database, call_timeout: options.call_timeout })
    }

    pub(super) fn shared_database(&self) -> &PlainName {
        &self.shared_database
    }

    /// A session in the shared database.
    pub(super) async fn session(&self) -> Result<Session, Failure> {
        Ok(Session(Some(self.pool.get().await?)))
    }

    /// How the admin role logs in to another database, with `overrides` of its settings beside the usual ones.
    pub(super) fn login_to(&self, database: &str, overrides: &str) -> Config {
        let mut config = self.config.clone();
        let usual = config.get_options().unwrap_or_default().to_owned();
        config.dbname(database).options(format!("{overrides} {usual}"));
        config
    }

    /// How a tenant logs in to what is its own. Nothing it could ask there may change anything.
    pub(super) fn tenant_login(
        &self,
        address: SocketAddr,
        tenant: TenantId,
        isolation: Isolation,
        password: &SecretString,
    ) -> Config {
        let database = match isolation {
            Isolation::Database => database_name(tenant),
            Isolation::Schema => self.shared_database.to_string(),
        };
        let mut config = Config::new();
        config
            .host(address.ip().to_string())
            .port(address.port())
            .user(role_name(tenant))
            .password(password.expose_secret())
            .dbname(database)
            .application_name("frescod")
            .connect_timeout(CONNECT_TIMEOUT)
            .options(format!(
                "-c default_transaction_read_only=on -c statement_timeout={}",
                self.call_timeout.as_millis()
            ));
        config
    }

    /// A call with its deadline, and what its failure means.
    pub(super) async fn within<T>(
        &self,
        action: &'static str,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, DatabaseError> {
        let began = tokio::time::Instant::now();
        let answer = tokio::time::timeout(self.call_timeout, call).await;
        let outcome = match &answer {
            Ok(Ok(_)) => "ok",
            Ok(Err(_)) => "failed",
            Err(_) => "timed_out",
        };
        metrics::histogram!("fresco_tenants_database_call_seconds", "call" => action, "outcome" => outcome)
            .record(began.elapsed());
        match answer {
            Ok(result) => result.map_err(|failure| failure.during(action)),
            Err(_) => {
                let detail = format!("no answer within {} ms", self.call_timeout.as_millis());
                Err(DatabaseError::Unavailable { action, detail })
            }
        }
    }
}

/// A session out of the pool. It returns there by [`Session::give_back`] only: after an error, or when the call is
/// dropped half-way, it is closed, because an answer may still be on its way.
#[derive(Debug)]
pub(super) struct Session(Option<Object>);

impl Session {
    pub(super) fn give_back(mut self) {
        self.0 = None;
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        self.0.as_ref().expect("only give_back, which consumes the session, empties it")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(url: &str) -> Option<InvalidOptions> {
        let second = Duration::from_secs(1);
        let options = PostgresOptions {
            admin_url: url.into(),
            pool_size: 1,
            call_timeout: second,
            statement_timeout: second,
            lock_timeout: second,
            tenant_login: SocketAddr::from(([127, 0, 0, 1], 5432)),
        };
        Admin::new(&options).err()
    }

    #[test]
    fn an_admin_url_that_will_not_do_is_refused_in_words_and_not_repeated() {
        assert!(refused("postgresql://admin:secret@host/shared").is_none());
        assert!(refused("postgresql://admin:secret@host/shared?sslmode=prefer").is_none());
        for (url, words) in [
            ("no url", "can't be read"),
            ("postgresql://admin:secret@host", "names no database"),
            ("postgresql://admin:secret@host/Shared-1", "can't be used"),
            ("postgresql://admin:secret@host/shared?sslmode=require", "asks for TLS"),
        ] {
            let error = refused(url).unwrap().to_string();
            assert!(error.contains(words) && !error.contains("secret"), "{url}: {error}");
        }
    }
}
