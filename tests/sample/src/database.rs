//! The way to the database: names that insist on `public`, and a pool that keeps nothing while nobody asks.
//!
//! Prisma's adapter qualifies every name with `public`, whatever `?schema=`, `search_path` or `options=` say; so does
//! this, unless told to honour the schema. Its pool closes connections idle for ten seconds. Statements are unnamed and
//! each stands alone, so a transaction-mode pooler may pass them to different backends.

use std::{
    error::Error as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Semaphore;
use tokio_postgres::{
    Client, Config, NoTls, Row,
    types::{ToSql, Type},
};
use tokio_util::task::TaskTracker;

use crate::line::Line;

const IDLE: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What of a URL's query the driver understands; the rest (`schema`, `connection_limit`, …) is Prisma's and ignored.
const UNDERSTOOD: [&str; 4] = ["application_name", "connect_timeout", "options", "sslmode"];

pub(crate) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("{variable} is not a PostgreSQL URL")]
    Url { variable: &'static str, source: tokio_postgres::Error },
    #[error("Can't reach database server")]
    Connect(#[source] tokio_postgres::Error),
    #[error("Can't reach database server: SAMPLE_NEVER_READY")]
    NeverReady,
    #[error("the database refused")]
    Query(#[source] tokio_postgres::Error),
}

impl DatabaseError {
    /// The code Prisma would log.
    pub(crate) fn code(&self) -> &str {
        let refused = match self {
            Self::Url { .. } => return "P1012",
            Self::NeverReady => return "P1001",
            Self::Connect(source) | Self::Query(source) => source,
        };
        let from_server = refused.source().and_then(|cause| cause.downcast_ref::<tokio_postgres::error::DbError>());
        from_server.map_or("P1001", |refusal| refusal.code().code())
    }
}

/// How tables are named in SQL.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Schema {
    /// `public.` before every name, as Fresco does.
    Public,
    /// Bare names: the role's `search_path` decides.
    SearchPath,
}

impl Schema {
    pub(crate) fn new(honour: bool) -> Self {
        if honour { Self::SearchPath } else { Self::Public }
    }

    /// Puts the schema's name where a statement says `{s}`.
    pub(crate) fn fill(self, sql: &str) -> String {
        sql.replace(
            "{s}",
            match self {
                Self::Public => "public.",
                Self::SearchPath => "",
            },
        )
    }

    /// An SQL expression for the schema's name.
    pub(crate) fn name_sql(self) -> &'static str {
        match self {
            Self::Public => "'public'::name",
            Self::SearchPath => "current_schema()",
        }
    }
}

/// Reads a URL as Prisma's adapter does: options it does not know are no error.
pub(crate) fn parse(variable: &'static str, url: &str) -> Result<Config, DatabaseError> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let understood = |pair: &&str| UNDERSTOOD.contains(&pair.split('=').next().unwrap_or_default());
    let query: Vec<&str> = query.split('&').filter(understood).collect();
    let mut config: Config =
        format!("{base}?{}", query.join("&")).parse().map_err(|source| DatabaseError::Url { variable, source })?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    Ok(config)
}

/// Opens one connection; `tasks` drives it until its client is dropped.
pub(crate) async fn connect(config: &Config, tasks: &TaskTracker) -> Result<Client, DatabaseError> {
    let (client, connection) = config.connect(NoTls).await.map_err(DatabaseError::Connect)?;
    // How a connection ends shows in the client's next answer; between answers nobody waits for it.
    tasks.spawn(async move { connection.await.is_ok() });
    Ok(client)
}

/// Connections on demand: none while idle, at most as many as the line allows.
#[derive(Debug)]
pub(crate) struct Pool {
    config: Config,
    tasks: TaskTracker,
    permits: Semaphore,
    idle: Arc<Mutex<Vec<(Client, Instant)>>>,
}

impl Pool {
    pub(crate) fn new(config: Config, line: Line) -> Self {
        let most = match line {
            Line::Three => 10,
            Line::Four => 20,
        };
        let pool = Self { config, tasks: TaskTracker::new(), permits: Semaphore::new(most), idle: Arc::default() };
        pool.tasks.spawn(close_idle(Arc::clone(&pool.idle)));
        pool
    }

    /// Runs one statement; `{s}` must be filled in already.
    pub(crate) async fn query(&self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, DatabaseError> {
        let _permit = self.permits.acquire().await;
        let client = match self.take_idle() {
            Some(client) => client,
            None => connect(&self.config, &self.tasks).await?,
        };
        let rows = client.query_typed(sql, parameters).await.map_err(DatabaseError::Query)?;
        lock(&self.idle).push((client, Instant::now()));
        Ok(rows)
    }

    fn take_idle(&self) -> Option<Client> {
        let mut idle = lock(&self.idle);
        idle.retain(|(client, _)| !client.is_closed());
        idle.pop().map(|(client, _)| client)
    }
}

async fn close_idle(idle: Arc<Mutex<Vec<(Client, Instant)>>>) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        lock(&idle).retain(|(client, since)| !client.is_closed() && since.elapsed() < IDLE);
    }
}

/// The list holds whole entries only, so a panic elsewhere leaves nothing half done in it.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
