//! What a superuser does once in an instance, so that from then on no superuser is needed.
//!
//! The statements can be run again at any time, by hand ([`bootstrap_sql`], for psql) or by us where we own the instance
//! ([`bootstrap`]).
//!
//! # What a tenant can still see
//!
//! PostgreSQL's catalogs are open to every role. A tenant can list the names of all roles and databases (ours are made of
//! random ids and tell nothing but how many there are), see that sessions exist (not their queries), and read counters per
//! database. In a shared database it can also read the names of its neighbours' tables and columns, the text of their views
//! and functions, but no row. Taking the catalogs away breaks drivers and `pg_dump`, so it is not done: who can't live with
//! it runs the app with `isolation = "database"`.
//!
//! In a shared database some things have no owner: advisory locks and the channels of NOTIFY. A neighbour can hold a lock
//! an app asks for, or listen on its channel. Migration tools use such locks, so they stay; the platform itself uses none.
//! Large objects belong to no schema, so making them there is taken away. One's own time-outs can be changed by everybody;
//! only the connection limit binds.

use std::fmt::Write;

use postgres_protocol::password::scram_sha_256;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::{Config, NoTls};

use super::DatabaseError;
use super::ident::{PlainName, tenants_group};

/// The names an operator chose.
#[derive(Clone, Debug)]
pub struct AdminNames {
    /// The role that makes tenants' roles and databases.
    pub admin: PlainName,
    /// The database that tenants with a schema share, and where the admin's sessions stand.
    pub shared_database: PlainName,
}

/// Statements for one database, in order; each runs by itself.
struct Part {
    database: String,
    statements: Vec<String>,
}

/// How the admin role gets its password.
enum Password {
    /// Asked from psql's variable `admin_password`.
    Variable,
    Verifier(String),
}

/// A script for psql, run as a superuser with psql's variable `admin_password` set. The password is hashed by the server
/// here; whoever does not want it in the server's log sets it afterwards by psql's `\password`.
#[must_use]
pub fn bootstrap_sql(names: &AdminNames) -> String {
    let shared = &names.shared_database;
    let mut script = format!(
        "-- Run once as a superuser: psql -d postgres -f passwords -f this-file\n\
         -- with a line \\set admin_password '...' in a file passwords that only you can read.\n\
         -- It may be run again. Roles other than {admin} that connect to `postgres`, `template1` or `{shared}` as PUBLIC\n\
         -- (monitoring, say) need a GRANT CONNECT of their own afterwards.\n\
         \\set ON_ERROR_STOP on\n\
         SELECT 'CREATE DATABASE {shared}' WHERE NOT EXISTS \
         (SELECT FROM pg_database WHERE datname = '{shared}') \\gexec\n",
        admin = names.admin,
    );
    for Part { database, statements } in parts(names, &Password::Variable) {
        writeln!(script, "\\connect {database}").expect("writing to a String can't fail");
        for statement in statements {
            writeln!(script, "{statement};").expect("writing to a String can't fail");
        }
    }
    script
}

/// The same, run by us: for an instance of our own, and for tests. `superuser` is a URL of any database.
///
/// # Errors
/// [`DatabaseError`] if the URL can't be read, or PostgreSQL does not do as told.
pub async fn bootstrap(
    superuser: &SecretString,
    names: &AdminNames,
    password: &SecretString,
) -> Result<(), DatabaseError> {
    const ACTION: &str = "prepare the instance";
    let failed = |error: tokio_postgres::Error| DatabaseError::Unavailable {
        action: ACTION,
        detail: super::postgres::in_words(&error),
    };
    let config: Config = superuser.expose_secret().parse().map_err(|_| DatabaseError::Refused {
        action: ACTION,
        detail: "the superuser's URL can't be read: expected `postgresql://role:password@host:port/database`"
            .to_owned(),
    })?;
    let create = format!("CREATE DATABASE {}", names.shared_database);
    match run(&config, &[create]).await {
        Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::DUPLICATE_DATABASE) => {}
        other => other.map_err(failed)?,
    }
    let verifier = Password::Verifier(scram_sha_256(password.expose_secret().as_bytes()));
    for Part { database, statements } in parts(names, &verifier) {
        let mut config = config.clone();
        run(config.dbname(database), &statements).await.map_err(failed)?;
    }
    Ok(())
}

async fn run(config: &Config, statements: &[String]) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = config.connect(NoTls).await?;
    let work = async move {
        for statement in statements {
            client.batch_execute(statement).await?;
        }
        Ok(())
    };
    let (work, connection) = futures_util::future::join(work, connection).await;
    work.and(connection)
}

fn parts(names: &AdminNames, password: &Password) -> Vec<Part> {
    let AdminNames { admin, shared_database: shared } = names;
    let closed = |database: &str| {
        vec![
            format!("REVOKE ALL ON DATABASE {database} FROM PUBLIC"),
            format!("GRANT CONNECT ON DATABASE {database} TO {admin}"),
        ]
    };
    vec![
        Part { database: "postgres".to_owned(), statements: roles(names, password) },
        Part { database: "postgres".to_owned(), statements: [closed("postgres"), closed("template1")].concat() },
        Part { database: shared.to_string(), statements: shared_database(names) },
    ]
}

fn roles(names: &AdminNames, password: &Password) -> Vec<String> {
    let admin = &names.admin;
    let group = tenants_group(&names.shared_database);
    let password = match password {
        Password::Variable => ":'admin_password'",
        Password::Verifier(verifier) => &format!("'{verifier}'"),
    };
    let create =
        |role: &str| format!("DO $$ BEGIN IF to_regrole('{role}') IS NULL THEN CREATE ROLE {role}; END IF; END $$");
    vec![
        create(admin.as_str()),
        format!(
            "ALTER ROLE {admin} LOGIN INHERIT CREATEROLE CREATEDB NOSUPERUSER NOREPLICATION NOBYPASSRLS PASSWORD {password}"
        ),
        create(&group),
        format!("ALTER ROLE {group} NOLOGIN INHERIT NOCREATEROLE NOCREATEDB NOSUPERUSER NOREPLICATION NOBYPASSRLS"),
        format!("GRANT {group} TO {admin} WITH ADMIN OPTION"),
    ]
}

/// The functions by which anybody makes a large object. `lo_import` is a superuser's anyway.
pub(super) const MAKES_LARGE_OBJECTS: [&str; 3] = ["lo_creat(int)", "lo_create(oid)", "lo_from_bytea(oid, bytea)"];

fn shared_database(names: &AdminNames) -> Vec<String> {
    let AdminNames { admin, shared_database: shared } = names;
    let functions = MAKES_LARGE_OBJECTS.map(|function| format!("pg_catalog.{function}")).join(", ");
    vec![
        format!("REVOKE ALL ON DATABASE {shared} FROM PUBLIC"),
        format!("GRANT CONNECT ON DATABASE {shared} TO {}", tenants_group(shared)),
        format!("GRANT CONNECT, CREATE ON DATABASE {shared} TO {admin}"),
        "REVOKE ALL ON SCHEMA public FROM PUBLIC".to_owned(),
        format!("REVOKE EXECUTE ON FUNCTION {functions} FROM PUBLIC"),
    ]
}
