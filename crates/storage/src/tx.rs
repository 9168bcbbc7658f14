//! A transaction whose beginning may be cancelled.
//!
//! sqlx 0.9 sends BEGIN and only then notes that a transaction is open. A caller that is dropped in between (a request
//! whose client went away) puts a connection back into the pool that is inside a transaction nobody knows of, and the
//! next user's writes are never committed. So BEGIN runs in a task that nobody cancels: if its caller is gone by then,
//! the whole transaction is dropped, which rolls it back.

use sqlx::{Postgres, SqlStr, Transaction};

use crate::error::StorageError;
use crate::store::Store;

impl Store {
    /// Begins a transaction that is nobody's in particular: the worker's, and the owner's. What is done for somebody begins
    /// with [`Store::begin_as`]; there is no third way.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StorageError> {
        self.begin_with(None).await
    }

    /// The same by a statement of its own.
    pub(crate) async fn begin_with(
        &self,
        begin: Option<SqlStr>,
    ) -> Result<Transaction<'static, Postgres>, StorageError> {
        let (pool, asked) = (self.pool().clone(), std::time::Instant::now());
        #[expect(clippy::disallowed_methods, reason = "this is the one that may: it runs where nobody cancels it")]
        let begun = self.tasks().spawn(async move {
            match begin {
                Some(begin) => pool.begin_with(begin).await,
                None => pool.begin().await,
            }
        });
        let begun = begun.await.map_err(|died| StorageError::Other { source: died.into() })?;
        let outcome = if begun.is_ok() { "ok" } else { "failed" };
        metrics::histogram!("fresco_database_begin_seconds", "outcome" => outcome).record(asked.elapsed());
        begun.map_err(StorageError::from)
    }
}
