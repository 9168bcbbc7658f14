//! The pool, and what every connection of it is told.

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use tokio_util::task::TaskTracker;

use crate::error::StorageError;

/// How to reach the database, as one of the platform's roles.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `postgres://role:password@host:port/database`.
    pub url: SecretString,
    pub max_connections: u32,
    /// How long a call waits for a free connection.
    pub acquire_timeout: Duration,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
    /// Plan each statement once, whatever it is asked with: right for whoever asks for rows by their keys, again and again;
    /// wrong where a filter may be left out.
    pub generic_plans: bool,
}

/// Why a URL is none of a database. It is not repeated: it holds a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a URL as in `postgres://role:password@host:port/database`, with other characters than letters and digits percent-encoded"
)]
pub struct InvalidUrl;

/// The platform's tables. Clones share one pool.
#[derive(Clone, Debug)]
pub struct Store {
    pool: PgPool,
    tasks: TaskTracker,
}

/// A connection that rested longer may have died unseen; it is tried before it is used.
const TRUSTED_WHILE_IDLE: Duration = Duration::from_secs(5);

impl Store {
    /// Whether the text is a URL at all, without connecting.
    ///
    /// # Errors
    /// [`InvalidUrl`] says what is expected.
    pub fn check_url(url: &SecretString) -> Result<(), InvalidUrl> {
        let text = url.expose_secret();
        let is_ours = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        let parsed = PgConnectOptions::from_str(text).ok().filter(|_| is_ours);
        parsed.map(|_| ()).ok_or(InvalidUrl)
    }

    /// Connects once, so that a wrong URL is told here.
    ///
    /// # Errors
    /// [`StorageError::Other`] for a URL that is none, else what the database said.
    pub async fn connect(options: StoreOptions) -> Result<Self, StorageError> {
        let connect =
            PgConnectOptions::from_str(options.url.expose_secret())?.application_name(&options.application_name);
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections)
            .acquire_timeout(options.acquire_timeout)
            .test_before_acquire(false)
            .after_connect(move |connection, _| {
                Box::pin(async move { if options.generic_plans { plan_generically(connection).await } else { Ok(()) } })
            })
            .before_acquire(|connection, before| Box::pin(usable(connection, before.idle_for)))
            .connect_with(connect)
            .await?;
        Ok(Self { pool, tasks: TaskTracker::new() })
    }

    /// Waits for what is under way, and closes the connections.
    pub async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.pool.close().await;
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.tasks
    }
}

async fn plan_generically(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!("SET plan_cache_mode = force_generic_plan").execute(connection).await?;
    Ok(())
}

async fn usable(connection: &mut PgConnection, idle_for: Duration) -> Result<bool, sqlx::Error> {
    if idle_for > TRUSTED_WHILE_IDLE {
        connection.ping().await?;
    }
    Ok(true)
}
