//! The release phase: generate the client, migrate, initialise. Once per image and database; safe to repeat.
//!
//! As in Fresco it needs a writable `lib/db/generated`, locks by Prisma's advisory lock, takes a database that has
//! tables but no migrations table for an old installation, and writes `initializedAt`, from which the first-run window
//! counts.

use std::{fs, time::Duration};

use tokio_postgres::{Client, types::Type};
use tokio_util::task::TaskTracker;

use crate::{
    database::{self, DatabaseError, Schema},
    environment::{InvalidVariable, ReleaseFault, Sample},
    line::Line,
    log,
    migrations::{self, LEDGER, Migration},
};

/// Prisma's key: one per database, so two releases of one database never migrate at once.
const LOCK: &str = "select pg_advisory_lock(72707369)";
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub(crate) enum ReleaseError {
    #[error("{path} is not writable: give the release a writable one")]
    NotWritable { path: String, source: std::io::Error },
    #[error(transparent)]
    Environment(#[from] InvalidVariable),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("Timed out trying to acquire a postgres advisory lock (72707369)")]
    Locked,
    #[error("migration {name} failed to apply")]
    Migration { name: &'static str, source: DatabaseError },
    #[error("SAMPLE_RELEASE_FAULT: failing as asked")]
    Asked,
}

/// Writes the generated client.
pub(crate) fn generate(sample: &Sample) -> Result<(), ReleaseError> {
    log::err("Loaded Prisma config from prisma.config.ts.");
    let folder = sample.root.join("lib/db/generated");
    let file = folder.join("client.json");
    let client = serde_json::json!({ "version": sample.version.text }).to_string();
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, client))
        .map_err(|source| ReleaseError::NotWritable { path: folder.display().to_string(), source })?;
    log::out(format_args!("✔ Generated Prisma Client to {}", folder.display()));
    Ok(())
}

/// The whole phase, or the fault asked for instead.
pub(crate) async fn release(sample: &Sample) -> Result<(), ReleaseError> {
    generate(sample)?;
    tokio::time::sleep(sample.switches.release_delay).await;
    match sample.switches.release_fault {
        None => {}
        Some(ReleaseFault::Silent) => {
            log::out("No migrations needed.");
            return Ok(());
        }
        Some(ReleaseFault::Fail) => return Err(ReleaseError::Asked),
        Some(ReleaseFault::Hang) => std::future::pending().await,
    }
    let schema = Schema::new(sample.switches.honour_schema);
    let tasks = TaskTracker::new();
    migrate(&open(sample, schema_url(sample.version.line), &tasks).await?, schema, sample.version.line).await?;
    initialise(&open(sample, "DATABASE_URL", &tasks).await?, schema).await
}

/// The variable whose database a line migrates.
fn schema_url(line: Line) -> &'static str {
    match line {
        Line::Three => "DATABASE_URL",
        Line::Four => "DATABASE_URL_UNPOOLED",
    }
}

async fn open(sample: &Sample, variable: &'static str, tasks: &TaskTracker) -> Result<Client, ReleaseError> {
    sample.environment.validate_database()?;
    let config = database::parse(variable, sample.environment.database_url(variable)?)?;
    Ok(database::connect(&config, tasks).await?)
}

/// Applies what is pending. Line 3 locks at every start, line 4 only when something is pending.
async fn migrate(client: &Client, schema: Schema, line: Line) -> Result<(), ReleaseError> {
    if line == Line::Four && pending(client, schema, line).await?.is_empty() {
        log::out("No pending migrations to apply.");
        return Ok(());
    }
    // Not unlocked: the lock goes with the connection, as Prisma's does.
    let locked = tokio::time::timeout(LOCK_TIMEOUT, client.batch_execute(LOCK)).await;
    locked.map_err(|_| ReleaseError::Locked)?.map_err(DatabaseError::Query)?;
    baseline(client, schema).await?;
    execute(client, &schema.fill(LEDGER)).await?;
    let pending = pending(client, schema, line).await?;
    log::out(format_args!("{} migrations found, {} pending.", migrations::of(line).count(), pending.len()));
    for migration in pending {
        log::out(format_args!("Applying migration `{}`", migration.name));
        apply(client, schema, migration).await?;
    }
    log::out("All migrations have been successfully applied.");
    Ok(())
}

/// The line's migrations the database has no finished row for.
async fn pending(client: &Client, schema: Schema, line: Line) -> Result<Vec<&'static Migration>, ReleaseError> {
    let all = migrations::of(line);
    if !has_ledger(client, schema).await? {
        return Ok(all.collect());
    }
    let finished = schema.fill(r#"select migration_name from {s}"_prisma_migrations" where finished_at is not null"#);
    let rows = client.query_typed(&finished, &[]).await.map_err(DatabaseError::Query)?;
    let names: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    Ok(all.filter(|migration| !names.contains(&migration.name)).collect())
}

async fn has_ledger(client: &Client, schema: Schema) -> Result<bool, ReleaseError> {
    has_table(client, schema, "tablename = '_prisma_migrations'").await
}

async fn has_table(client: &Client, schema: Schema, which: &str) -> Result<bool, ReleaseError> {
    let sql = format!("select exists (select from pg_tables where schemaname = {} and {which})", schema.name_sql());
    let row = client.query_typed_one(&sql, &[]).await.map_err(DatabaseError::Query)?;
    Ok(row.get(0))
}

/// A database with tables but no ledger counts as an old installation: its first migration is marked, not run.
async fn baseline(client: &Client, schema: Schema) -> Result<(), ReleaseError> {
    if has_ledger(client, schema).await? || !has_table(client, schema, "true").await? {
        return Ok(());
    }
    log::out("The database schema is not empty: marking the first migration as applied.");
    execute(client, &schema.fill(LEDGER)).await?;
    if let Some(first) = migrations::of(Line::Three).next() {
        record(client, schema, first).await?;
    }
    Ok(())
}

/// One migration and its row, both or neither.
async fn apply(client: &Client, schema: Schema, migration: &'static Migration) -> Result<(), ReleaseError> {
    let failed = |source| ReleaseError::Migration { name: migration.name, source: DatabaseError::Query(source) };
    client.batch_execute("begin").await.map_err(failed)?;
    client.batch_execute(&schema.fill(migration.script)).await.map_err(failed)?;
    record(client, schema, migration).await?;
    client.batch_execute("commit").await.map_err(failed)
}

async fn record(client: &Client, schema: Schema, migration: &Migration) -> Result<(), ReleaseError> {
    let sql = schema.fill(
        r#"insert into {s}"_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
           values (gen_random_uuid()::text, encode(sha256(convert_to($2, 'UTF8')), 'hex'), $1, clock_timestamp(), 1)"#,
    );
    client
        .query_typed(&sql, &[(&migration.name, Type::TEXT), (&migration.script, Type::TEXT)])
        .await
        .map_err(DatabaseError::Query)?;
    Ok(())
}

/// Writes `initializedAt` once; a later release leaves it, so that the first-run window does not start again.
async fn initialise(client: &Client, schema: Schema) -> Result<(), ReleaseError> {
    let sql = schema.fill(
        r#"insert into {s}"AppSettings" ("key", "value")
           values ('initializedAt', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
           on conflict ("key") do nothing"#,
    );
    execute(client, &sql).await?;
    log::out("✅ Initialised.");
    Ok(())
}

async fn execute(client: &Client, sql: &str) -> Result<(), ReleaseError> {
    Ok(client.batch_execute(sql).await.map_err(DatabaseError::Query)?)
}
