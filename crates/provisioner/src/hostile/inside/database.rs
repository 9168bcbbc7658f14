//! What the tenant's own credentials must not be good for. Whatever works all the same is rolled back.

use std::time::Duration;

use domain::hostile::{Attempt, Check, Outcome};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use super::{attempt, left_out};
use crate::hostile::DatabaseOrders;

const PATIENCE: Duration = Duration::from_secs(10);
/// So many other databases are tried: what lets into one lets into all.
const MOST_DATABASES: usize = 1000;

/// Statements that must be refused for want of a right.
const REFUSED: [(&str, &str); 13] = [
    ("read passwords (pg_authid)", "SELECT * FROM pg_authid LIMIT 1"),
    ("read passwords (pg_shadow)", "SELECT * FROM pg_shadow LIMIT 1"),
    ("read large objects (pg_largeobject)", "SELECT * FROM pg_largeobject LIMIT 1"),
    ("run a program (COPY TO PROGRAM)", "COPY (SELECT 1) TO PROGRAM 'true'"),
    ("write a file (COPY TO)", "COPY (SELECT 1) TO '/dev/null'"),
    ("read a file (pg_read_file)", "SELECT pg_read_file('PG_VERSION')"),
    ("list files (pg_ls_dir)", "SELECT pg_ls_dir('.')"),
    ("read a file (lo_import)", "SELECT lo_import('/dev/null')"),
    ("write a file (lo_export)", "SELECT lo_export(1, '/dev/null')"),
    ("make a role", "CREATE ROLE fresco_probe"),
    ("change itself", "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1"),
    ("read every table (SET ROLE)", "SET ROLE pg_read_all_data"),
    ("end others' sessions (SET ROLE)", "SET ROLE pg_signal_backend"),
];

/// Queries that must give nothing; what they give is what is open.
const NOTHING: [(Check, &str, &str); 6] = [
    (
        Check::Privileges,
        "attributes of its role",
        "SELECT nullif(concat_ws(', ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
             CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolreplication THEN 'REPLICATION' END,
             CASE WHEN rolbypassrls THEN 'BYPASSRLS' END), '')
         FROM pg_roles WHERE rolname = current_user",
    ),
    (
        Check::Privileges,
        "membership in other roles",
        "SELECT string_agg(rolname, ', ') FROM (SELECT rolname FROM pg_roles
             WHERE rolname NOT IN (current_user, 'pg_database_owner', $1) AND pg_has_role(current_user, oid, 'MEMBER') LIMIT 20) r",
    ),
    (
        Check::OtherData,
        "others' schemas",
        "SELECT string_agg(nspname, ', ') FROM (SELECT nspname FROM pg_namespace
             WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public', $1)
               AND NOT pg_has_role(current_user, nspowner, 'USAGE')
               AND has_schema_privilege(oid, 'USAGE') LIMIT 20) s",
    ),
    (
        Check::OtherData,
        "others' tables",
        "SELECT string_agg(name, ', ') FROM (SELECT format('%I.%I', nspname, relname) AS name
             FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
             WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_'
               AND nspname NOT IN ('information_schema', $1)
               AND NOT pg_has_role(current_user, relowner, 'USAGE') AND has_schema_privilege(n.oid, 'USAGE')
               AND has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LIMIT 20) t",
    ),
    (
        Check::OtherData,
        "others' statements (pg_stat_activity)",
        "SELECT string_agg(DISTINCT usename, ', ') FROM pg_stat_activity
         WHERE usename NOT IN (current_user, $1) AND query NOT IN ('', '<insufficient privilege>')",
    ),
    (
        Check::OtherData,
        "others' large objects",
        "SELECT string_agg(oid::text, ', ') FROM (SELECT oid FROM pg_largeobject_metadata
             WHERE lomowner <> (SELECT oid FROM pg_roles WHERE rolname = current_user) AND $1::text IS NOT NULL LIMIT 20) l",
    ),
];

/// Where others share the database, nothing may be made outside the tenant's own schema.
const NOTHING_IN_A_SHARED_ONE: [(&str, &str); 3] = [
    ("make a schema", "CREATE SCHEMA fresco_probe"),
    ("make a table in public", "CREATE TABLE public.fresco_probe ()"),
    ("make a temporary table", "CREATE TEMPORARY TABLE fresco_probe ()"),
];

pub(super) async fn tries(orders: &DatabaseOrders, url: &SecretString) -> Vec<Attempt> {
    let config = match url.expose_secret().parse::<Config>() {
        Ok(config) => config,
        Err(error) => return vec![own(Outcome::Unclear(error.to_string()))],
    };
    let session = match login(&config).await {
        Ok(session) => session,
        Err(why) => return vec![own(Outcome::Unclear(why.in_words()))],
    };
    let client = &session.client;
    let mut all = vec![own(Outcome::Held)];
    for (target, statement) in REFUSED {
        all.push(attempt(Check::Privileges, target, refused(client, statement).await));
    }
    for (target, statement) in NOTHING_IN_A_SHARED_ONE.iter().filter(|_| orders.shares) {
        all.push(attempt(Check::OtherData, target, refused(client, statement).await));
    }
    for (check, target, query) in NOTHING {
        all.push(attempt(check, target, nothing(client, query, &orders.group).await));
    }
    all.extend(databases(client, &config, orders).await);
    all
}

fn own(outcome: Outcome) -> Attempt {
    attempt(Check::OwnDatabase, "login", outcome)
}

/// A statement must be refused for want of a right.
async fn refused(client: &Client, statement: &str) -> Outcome {
    let whole = async {
        client.batch_execute("BEGIN").await?;
        let tried = client.batch_execute(statement).await;
        client.batch_execute("ROLLBACK").await?;
        tried
    };
    match bounded(whole).await {
        Ok(()) => Outcome::Open("it was done, and rolled back".to_owned()),
        Err(Refusal::Sql(error)) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Outcome::Held,
        // Some functions are refused before anybody asks for rights.
        Err(Refusal::Sql(error)) if error.code() == Some(&SqlState::UNDEFINED_FUNCTION) => Outcome::Held,
        Err(why) => Outcome::Unclear(why.in_words()),
    }
}

/// A query must give no row, or one of null.
async fn nothing(client: &Client, query: &str, group: &str) -> Outcome {
    let parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)] = if query.contains("$1") { &[&group] } else { &[] };
    match bounded(client.query_opt(query, parameters)).await {
        Ok(row) => match row.and_then(|row| row.get::<_, Option<String>>(0)) {
            Some(found) => Outcome::Open(found),
            None => Outcome::Held,
        },
        Err(Refusal::Sql(error)) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Outcome::Held,
        Err(why) => Outcome::Unclear(why.in_words()),
    }
}

/// Every other database must refuse the login.
async fn databases(client: &Client, config: &Config, orders: &DatabaseOrders) -> Vec<Attempt> {
    let names = "SELECT datname::text FROM pg_database WHERE datname <> current_database()
                 ORDER BY datname <> $1, datname";
    let names = match bounded(client.query(names, &[&orders.platform])).await {
        Ok(rows) => rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(),
        Err(why) => {
            return vec![attempt(Check::OtherDatabases, "their names", Outcome::Unclear(why.in_words()))];
        }
    };
    let (names, said) = at_most(names);
    let mut all = Vec::from_iter(said);
    for name in names {
        let check = if name == orders.platform { Check::PlatformDatabase } else { Check::OtherDatabases };
        let mut config = config.clone();
        config.dbname(&name);
        let outcome = match login(&config).await {
            Ok(_) => Outcome::Open("the login succeeded".to_owned()),
            Err(Refusal::Sql(error)) if is_no_entry(error.code()) => Outcome::Held,
            Err(why) => Outcome::Unclear(why.in_words()),
        };
        all.push(attempt(check, name, outcome));
    }
    all
}

/// The first of these, and what is said of the others.
fn at_most(mut names: Vec<String>) -> (Vec<String>, Option<Attempt>) {
    let all = names.len();
    names.truncate(MOST_DATABASES);
    let beyond = all - names.len();
    let said = (beyond > 0).then(|| left_out(Check::OtherDatabases, &format!("{beyond} of {all} databases")));
    (names, said)
}

/// Refused for want of a right, closed to everybody, rejected by address or password, or gone meanwhile.
fn is_no_entry(code: Option<&SqlState>) -> bool {
    let codes = [
        &SqlState::INSUFFICIENT_PRIVILEGE,
        &SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        &SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        &SqlState::INVALID_PASSWORD,
        &SqlState::INVALID_CATALOG_NAME,
    ];
    code.is_some_and(|code| codes.contains(&code))
}

enum Refusal {
    Sql(tokio_postgres::Error),
    Silence,
}

impl Refusal {
    fn in_words(&self) -> String {
        match self {
            Self::Sql(error) => match error.as_db_error() {
                Some(words) => format!("{} ({})", words.message(), words.code().code()),
                None => std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string),
            },
            Self::Silence => format!("no answer within {} s", PATIENCE.as_secs()),
        }
    }
}

/// A session; it ends with this.
struct Login {
    client: Client,
    _connection: JoinSet<()>,
}

async fn login(config: &Config) -> Result<Login, Refusal> {
    let (client, connection) = bounded(config.connect(NoTls)).await?;
    let mut tasks = JoinSet::new();
    // What goes wrong the client is told.
    tasks.spawn(async { drop(connection.await) });
    Ok(Login { client, _connection: tasks })
}

async fn bounded<T>(call: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Refusal> {
    timeout(PATIENCE, call).await.map_err(|_| Refusal::Silence)?.map_err(Refusal::Sql)
}

#[cfg(test)]
mod tests {
    use domain::hostile::{Report, Verdict};

    use super::*;

    #[test]
    fn more_databases_than_are_tried_are_said_and_prove_nothing() {
        let named = |count: usize| (0..count).map(|number| format!("database_{number}")).collect::<Vec<_>>();
        let (tried, said) = at_most(named(MOST_DATABASES));
        assert_eq!((tried.len(), said), (MOST_DATABASES, None));

        let (tried, said) = at_most(named(MOST_DATABASES + 2));
        assert_eq!((tried.len(), tried[0].as_str()), (MOST_DATABASES, "database_0"));
        let said = said.unwrap();
        assert_eq!(said.target, format!("2 of {} databases", MOST_DATABASES + 2));
        assert_eq!(Report::of(&[own(Outcome::Held), said]).verdict, Verdict::Unproved);
    }
}
