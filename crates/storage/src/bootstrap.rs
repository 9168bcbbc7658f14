//! What only a superuser can do, once: the platform's database, its owner, and the roles the processes log in as.
//!
//! `fresco_api` and `fresco_worker` hold the rights (the migrations grant to them, so their names are fixed) and can't
//! log in; the logins are their members and may be called anything. Everything is idempotent: run it again to change a
//! password.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use crate::error::StorageError;

/// How things are to be called.
#[derive(Clone, Debug)]
pub struct BootstrapNames {
    pub database: String,
    /// Owns the database and its tables; runs the migrations.
    pub owner: Login,
    /// The web side.
    pub api: Login,
    /// The reconciler.
    pub worker: Login,
}

/// A role that logs in.
#[derive(Clone, Debug)]
pub struct Login {
    pub name: String,
    pub password: Password,
}

/// Where a password comes from.
#[derive(Clone, Debug)]
pub enum Password {
    /// As it stands in the statement: a SCRAM verifier, or the password itself where nobody reads or logs it.
    Literal(SecretString),
    /// `:'name'` of psql, set by `psql --set=name=…`; only for the printed script.
    PsqlVariable(String),
}

/// The script for psql, run as a superuser: idempotent, stops at the first error.
#[must_use]
pub fn bootstrap_sql(names: &BootstrapNames) -> String {
    let database = identifier(&names.database);
    format!(
        "-- Run as a superuser: psql --file=THIS postgres\n\\set ON_ERROR_STOP on\n\n{roles}\n\
         SELECT {create} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = {name}) \\gexec\n\
         \\connect {database}\n\n{inside}",
        roles = roles_sql(names),
        create = literal(&create_database_sql(names)),
        name = literal(&names.database),
        inside = inside_sql(names),
    )
}

/// Does what [`bootstrap_sql`] prints, over a superuser's URL of any database: for a private cluster, and for tests.
///
/// # Errors
/// [`StorageError`] with what the database said.
pub async fn bootstrap(superuser_url: &SecretString, names: &BootstrapNames) -> Result<(), StorageError> {
    let options = PgConnectOptions::from_str(superuser_url.expose_secret())?;
    let mut cluster = options.connect().await?;
    cluster.execute(dynamic(roles_sql(names))).await?;
    let exists = format!("SELECT FROM pg_database WHERE datname = {}", literal(&names.database));
    if cluster.fetch_optional(dynamic(exists)).await?.is_none() {
        cluster.execute(dynamic(create_database_sql(names))).await?;
    }
    cluster.close().await?;
    let mut database = options.database(&names.database).connect().await?;
    database.execute(dynamic(inside_sql(names))).await?;
    Ok(database.close().await?)
}

/// The one place where SQL is put together at run time: DDL takes no parameters, and every name and text in it went
/// through [`identifier`] or [`literal`].
fn dynamic(sql: String) -> sqlx::RawSql {
    sqlx::raw_sql(AssertSqlSafe(sql))
}

fn roles_sql(names: &BootstrapNames) -> String {
    let mut sql = String::new();
    for group in ["fresco_api", "fresco_worker"] {
        sql += &create_role(group);
        sql += &format!("ALTER ROLE {group} NOLOGIN;\n");
    }
    sql += &login(&names.owner, None);
    sql += &login(&names.api, Some("fresco_api"));
    sql += &login(&names.worker, Some("fresco_worker"));
    sql
}

/// One that is there already keeps its attributes, but must not be a superuser: that one may do everything.
fn create_role(role: &str) -> String {
    let body = format!(
        "BEGIN
           IF to_regrole({quoted}) IS NULL THEN CREATE ROLE {name}; END IF;
           IF (SELECT rolsuper FROM pg_roles WHERE rolname = {plain}) THEN
             RAISE EXCEPTION 'the role % is a superuser: choose another name for the platform''s', {plain};
           END IF;
         END",
        quoted = literal(&identifier(role)),
        name = identifier(role),
        plain = literal(role),
    );
    format!("DO {};\n", literal(&body))
}

fn login(login: &Login, group: Option<&str>) -> String {
    let name = identifier(&login.name);
    let password = match &login.password {
        Password::Literal(text) => literal(text.expose_secret()),
        Password::PsqlVariable(variable) => format!(":'{variable}'"),
    };
    let mut sql = create_role(&login.name) + &format!("ALTER ROLE {name} LOGIN PASSWORD {password};\n");
    if let Some(group) = group {
        sql += &format!("GRANT {group} TO {name};\n");
        // No statement of ours takes long; one that does holds a lock that somebody waits for.
        sql += &format!("ALTER ROLE {name} SET statement_timeout = '15s';\n");
        sql += &format!("ALTER ROLE {name} SET idle_in_transaction_session_timeout = '15s';\n");
        // Our statements are short: compiling one costs more than it saves.
        sql += &format!("ALTER ROLE {name} SET jit = off;\n");
    }
    sql
}

fn create_database_sql(names: &BootstrapNames) -> String {
    format!("CREATE DATABASE {} OWNER {}", identifier(&names.database), identifier(&names.owner.name))
}

fn inside_sql(names: &BootstrapNames) -> String {
    let (database, owner) = (identifier(&names.database), identifier(&names.owner.name));
    format!(
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC;\n\
         GRANT CONNECT ON DATABASE {database} TO {owner}, fresco_api, fresco_worker;\n\
         REVOKE ALL ON SCHEMA public FROM PUBLIC;\n\
         CREATE SCHEMA IF NOT EXISTS fresco AUTHORIZATION {owner};\n\
         REVOKE ALL ON SCHEMA fresco FROM PUBLIC;\n"
    )
}

/// Quoted, as PostgreSQL's `quote_ident` does for a name that needs it.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Quoted, as PostgreSQL's `quote_literal` does: a backslash means itself only in the `E` form's doubled way.
fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_its_quotes() {
        assert_eq!(identifier(r#"a"; DROP ROLE b; --"#), r#""a""; DROP ROLE b; --""#);
        assert_eq!(literal(r"it's \ "), r"E'it''s \\ '");
    }

    #[test]
    fn a_printed_script_can_leave_passwords_to_psql() {
        let login =
            |name: &str| Login { name: name.into(), password: Password::PsqlVariable(format!("{name}_password")) };
        let (owner, api, worker) = (login("owner"), login("api"), login("worker"));
        let script = bootstrap_sql(&BootstrapNames { database: "fresco".into(), owner, api, worker });
        assert!(script.contains(r#"ALTER ROLE "worker" LOGIN PASSWORD :'worker_password';"#), "{script}");
        assert!(script.contains(r"\gexec"), "{script}");
    }
}
