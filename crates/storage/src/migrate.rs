//! The schema: bringing it up to date, and telling whether it is.
//!
//! The migrations stand in the binary. Those that are due run in one transaction as the schema's owner, so the schema is
//! either as it was or as it should be. Two who migrate at once wait for each other by the lock that a change of the
//! schema's comment takes: an advisory lock could be held by any role of the database.

use std::time::Duration;

use sqlx::migrate::Migrator;

use crate::error::StorageError;
use crate::store::Store;

/// What [`Store::migrate`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationReport {
    /// Those it ran, as `0001 schema`.
    pub applied: Vec<String>,
    /// The version the schema has now.
    pub version: i64,
}

/// Why the schema isn't as it should be.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("{0} doesn't exist: let a superuser run what `frescod bootstrap-sql` prints, then try again")]
    NotBootstrapped(String),
    #[error("the schema is at version {found}, this program needs {needed}: run `frescod migrate`")]
    Behind { found: i64, needed: i64 },
    #[error("the schema is at version {found}, this program knows {known}: run the newer program that made it")]
    Ahead { found: i64, known: i64 },
    #[error("a migration failed; the schema is as it was before")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Store {
    /// Runs the migrations that are due. The store must be connected as the schema's owner.
    ///
    /// # Errors
    /// [`MigrateError`]; nothing has changed then.
    pub async fn migrate(&self) -> Result<MigrationReport, MigrateError> {
        self.must_be_bootstrapped().await?;
        let migrator = migrator();
        let mut tx = self.begin().await?;
        sqlx::raw_sql("SET LOCAL statement_timeout = 0; COMMENT ON SCHEMA fresco IS 'The platform''s own tables'")
            .execute(&mut *tx)
            .await?;
        let before = versions(&mut tx).await?;
        migrator.run(&mut *tx).await.map_err(|error| MigrateError::Failed(error.into()))?;
        // Both sides check at start that the schema is theirs.
        sqlx::raw_sql("GRANT SELECT ON fresco._sqlx_migrations TO fresco_api, fresco_worker").execute(&mut *tx).await?;
        tx.commit().await?;
        let applied = migrator.iter().filter(|migration| !before.contains(&migration.version));
        Ok(MigrationReport {
            applied: applied.map(|migration| format!("{:04} {}", migration.version, migration.description)).collect(),
            version: newest(&migrator),
        })
    }

    /// Asks the database for its schema's version: whether it answers, and whether this program can work with it.
    ///
    /// # Errors
    /// [`MigrateError::Behind`], [`MigrateError::Ahead`], [`MigrateError::NotBootstrapped`], or what the database said.
    pub async fn check(&self) -> Result<(), MigrateError> {
        let found = self.version().await?;
        let needed = newest(&migrator());
        match found.cmp(&needed) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(MigrateError::Behind { found, needed }),
            std::cmp::Ordering::Greater => Err(MigrateError::Ahead { found, known: needed }),
        }
    }

    /// A round trip: how long the database takes to answer at all.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn ping(&self) -> Result<Duration, StorageError> {
        let asked = std::time::Instant::now();
        sqlx::query_scalar!("SELECT 1").fetch_one(self.pool()).await?;
        Ok(asked.elapsed())
    }

    async fn version(&self) -> Result<i64, MigrateError> {
        self.must_be_bootstrapped().await?;
        let there = sqlx::query_scalar!(r#"SELECT to_regclass('fresco._sqlx_migrations') IS NOT NULL AS "there!""#);
        if !there.fetch_one(self.pool()).await? {
            return Ok(0);
        }
        // Not checked against a database at build time: the table is the migrator's, and isn't there before it ran.
        let newest = "SELECT coalesce(max(version), 0) FROM fresco._sqlx_migrations WHERE success";
        Ok(sqlx::query_scalar(newest).fetch_one(self.pool()).await?)
    }

    async fn must_be_bootstrapped(&self) -> Result<(), MigrateError> {
        let missing = sqlx::query_scalar!(
            r#"SELECT what AS "what!" FROM (
                   SELECT 'the role ' || name AS what FROM unnest(ARRAY['fresco_api', 'fresco_worker']) name
                    WHERE to_regrole(name) IS NULL
                   UNION ALL SELECT 'the schema fresco' WHERE to_regnamespace('fresco') IS NULL) missing"#
        );
        match missing.fetch_optional(self.pool()).await? {
            Some(what) => Err(MigrateError::NotBootstrapped(what)),
            None => Ok(()),
        }
    }
}

fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!("../../migrations");
    migrator.set_locking(false);
    migrator.dangerous_set_table_name("fresco._sqlx_migrations");
    migrator
}

fn newest(migrator: &Migrator) -> i64 {
    migrator.iter().map(|migration| migration.version).max().unwrap_or_default()
}

async fn versions(tx: &mut sqlx::PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    let there = sqlx::query_scalar!(r#"SELECT to_regclass('fresco._sqlx_migrations') IS NOT NULL AS "there!""#);
    if !there.fetch_one(&mut *tx).await? {
        return Ok(vec![]);
    }
    sqlx::query_scalar("SELECT version FROM fresco._sqlx_migrations").fetch_all(tx).await
}
