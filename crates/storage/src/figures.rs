//! The installation in some numbers, for whoever looks after it.

use crate::error::StorageError;
use crate::store::Store;

/// How it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// By status, tombstones too; a status that no tenant has is left out.
    pub tenants: Vec<(String, u64)>,
    /// Tenants that are due and that nobody works on.
    pub due: u64,
    /// How long the first of them has been, in seconds.
    pub oldest_due: f64,
    /// Deployments that have not ended.
    pub open_deployments: u64,
    /// What all instances use, by their newest samples: cores, and bytes.
    pub cpu: f64,
    pub memory: u64,
}

/// Connections to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolSize {
    pub open: u32,
    /// Of those.
    pub idle: usize,
}

impl Store {
    /// The figures of all; for the worker's role, which sees all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn figures(&self) -> Result<Figures, StorageError> {
        let tenants = sqlx::query!(r#"SELECT status, count(*) AS "count!" FROM fresco.tenants GROUP BY status"#);
        let tenants = tenants.fetch_all(self.pool()).await?;
        let query = sqlx::query!(
            r#"SELECT count(*) AS "due!", coalesce(extract(epoch FROM now() - min(c.next_at)), 0)::float8 AS "oldest!",
                      (SELECT count(*) FROM fresco.deployments WHERE finished_at IS NULL) AS "open!",
                      (SELECT coalesce(sum(cpu), 0)::float8 FROM fresco.usage_latest) AS "cpu!",
                      (SELECT coalesce(sum(memory), 0)::bigint FROM fresco.usage_latest) AS "memory!"
               FROM fresco.tenant_claims c
               WHERE c.next_at <= now() AND (c.lease_until IS NULL OR c.lease_until < now())"#,
        );
        let all = query.fetch_one(self.pool()).await?;
        Ok(Figures {
            tenants: tenants.into_iter().map(|row| (row.status, row.count.unsigned_abs())).collect(),
            due: all.due.unsigned_abs(),
            oldest_due: all.oldest,
            open_deployments: all.open.unsigned_abs(),
            cpu: all.cpu,
            memory: all.memory.unsigned_abs(),
        })
    }

    /// How many connections there are now.
    #[must_use]
    pub fn pool_size(&self) -> PoolSize {
        PoolSize { open: self.pool().size(), idle: self.pool().num_idle() }
    }
}
