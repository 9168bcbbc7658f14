//! What `frescod doctor` says of the tenants' PostgreSQL: everything the isolation of tenants stands on, and its mend.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_postgres::Row;

use super::call::Failure;
use super::connect::{Admin, Session};
use crate::database::bootstrap::MAKES_LARGE_OBJECTS;

const OLDEST: i32 = 15;
const NEWEST: i32 = 18;
const REACH_DEADLINE: Duration = Duration::from_secs(3);

/// One thing looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in a few words.
    pub name: &'static str,
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do; empty if nothing.
    pub mend: String,
}

impl Finding {
    fn new(name: &'static str, ok: bool, detail: impl Into<String>, mend: &str) -> Self {
        let mend = if ok { String::new() } else { mend.to_owned() };
        Self { name, ok, detail: detail.into(), mend }
    }
}

const BOOTSTRAP: &str = "as a superuser, run what `frescod bootstrap-sql` prints";

pub(super) async fn run(admin: &Admin, group: &str, network: Option<SocketAddr>) -> Vec<Finding> {
    let mut findings = match admin.within("answer", look(admin, group)).await {
        Ok(findings) => findings,
        Err(error) => {
            let mend = "start PostgreSQL, or mend the admin URL; for a first set-up see `frescod bootstrap-sql`";
            vec![Finding::new("PostgreSQL answers", false, error.to_string(), mend)]
        }
    };
    if let Some(endpoint) = network {
        findings.push(reachable(endpoint).await);
    }
    findings
}

async fn look(admin: &Admin, group: &str) -> Result<Vec<Finding>, Failure> {
    let session = admin.session().await?;
    let findings = vec![
        version(&session).await?,
        rights(&session).await?,
        group_rights(&session, group).await?,
        open_databases(&session).await?,
        shared_database(&session).await?,
        tenants_closed(&session).await?,
        passwords(&session).await?,
        connections(&session).await?,
    ];
    session.give_back();
    Ok(findings)
}

async fn one(session: &Session, sql: &str) -> Result<Row, Failure> {
    Ok(session.query_one(sql, &[]).await?)
}

async fn version(session: &Session) -> Result<Finding, Failure> {
    let sql = "SELECT current_setting('server_version_num')::int / 10000, current_setting('server_version')";
    let row = one(session, sql).await?;
    let (major, text): (i32, String) = (row.get(0), row.get(1));
    let mend = "use PostgreSQL 15, 16, 17 or 18";
    Ok(Finding::new("PostgreSQL's version", (OLDEST..=NEWEST).contains(&major), text, mend))
}

pub(super) async fn major(admin: &Admin) -> Result<u32, Failure> {
    let session = admin.session().await?;
    let number: String = one(&session, "SELECT current_setting('server_version_num')").await?.get(0);
    session.give_back();
    let number: Option<u32> = number.parse().ok();
    number.map(|number| number / 10_000).ok_or_else(|| Failure::Refused("its version is no number".to_owned()))
}

async fn rights(session: &Session) -> Result<Finding, Failure> {
    let sql = "SELECT rolname::text, rolcreaterole, rolcreatedb, rolinherit, rolsuper FROM pg_roles \
               WHERE rolname = current_user";
    let row = one(session, sql).await?;
    let (role, superuser): (String, bool) = (row.get(0), row.get(4));
    let lacking: Vec<&str> = ["CREATEROLE", "CREATEDB", "INHERIT"]
        .into_iter()
        .enumerate()
        .filter_map(|(index, right)| (!row.get::<_, bool>(index + 1)).then_some(right))
        .collect();
    let detail = match (superuser, lacking.as_slice()) {
        (true, _) => format!("{role} is a superuser, which nothing here needs"),
        (false, []) => format!("{role} has CREATEROLE and CREATEDB, and is no superuser"),
        (false, lacking) => format!("{role} lacks {}", lacking.join(", ")),
    };
    Ok(Finding::new("rights of the admin role", !superuser && lacking.is_empty(), detail, BOOTSTRAP))
}

async fn group_rights(session: &Session, group: &str) -> Result<Finding, Failure> {
    let sql = "SELECT pg_has_role(oid, 'MEMBER WITH ADMIN OPTION'), \
               has_database_privilege(oid, current_database(), 'CONNECT') FROM pg_roles WHERE rolname = $1";
    let (ok, detail) = match session.query_opt(sql, &[&group]).await? {
        None => (false, format!("the role {group} is missing")),
        Some(row) if !row.get::<_, bool>(0) => (false, format!("the admin role can't grant {group}")),
        Some(row) if !row.get::<_, bool>(1) => (false, format!("{group} can't connect to the shared database")),
        Some(_) => (true, format!("{group} opens the shared database")),
    };
    Ok(Finding::new("group of tenants with a schema", ok, detail, BOOTSTRAP))
}

/// Every other database of the instance: one that PUBLIC may connect to is open to every tenant.
async fn open_databases(session: &Session) -> Result<Finding, Failure> {
    let sql = "SELECT coalesce(string_agg(datname, ', ' ORDER BY datname), '') FROM pg_database \
               WHERE datallowconn AND datname NOT LIKE 'tenant\\_%' AND EXISTS \
               (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a \
                WHERE a.grantee = 0 AND a.privilege_type IN ('CONNECT', 'CREATE', 'TEMPORARY'))";
    let open: String = one(session, sql).await?.get(0);
    let detail =
        if open.is_empty() { "none is open to every role".to_owned() } else { format!("open to every role: {open}") };
    let mend = "as a superuser, REVOKE ALL ON DATABASE … FROM PUBLIC for each (and GRANT CONNECT to those who need it)";
    Ok(Finding::new("other databases", open.is_empty(), detail, mend))
}

async fn shared_database(session: &Session) -> Result<Finding, Failure> {
    let functions = MAKES_LARGE_OBJECTS.map(|function| format!("'pg_catalog.{function}'::regprocedure")).join(", ");
    let sql = format!(
        "SELECT has_database_privilege(current_database(), 'CREATE'),
           EXISTS (SELECT FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
                   WHERE n.nspname = 'public' AND a.grantee = 0),
           EXISTS (SELECT FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                   WHERE p.oid IN ({functions}) AND a.grantee = 0),
           current_setting('lo_compat_privileges')::bool"
    );
    let row = one(session, &sql).await?;
    let faults = [
        (!row.get::<_, bool>(0), "the admin role can't make schemas"),
        (row.get(1), "its schema `public` is open to every role"),
        (row.get(2), "every role can make large objects in it"),
        (row.get(3), "lo_compat_privileges is on, so large objects have no owner"),
    ];
    let found: Vec<&str> = faults.into_iter().filter_map(|(fault, words)| fault.then_some(words)).collect();
    let detail = if found.is_empty() { "closed but for its tenants' schemas".to_owned() } else { found.join("; ") };
    Ok(Finding::new("shared database", found.is_empty(), detail, BOOTSTRAP))
}

async fn tenants_closed(session: &Session) -> Result<Finding, Failure> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE open),
                 coalesce(string_agg(datname, ', ' ORDER BY datname) FILTER (WHERE open), '')
               FROM (SELECT datname, EXISTS
                 (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a WHERE a.grantee <> datdba) AS open
                 FROM pg_database WHERE datname LIKE 'tenant\\_%') d";
    let row = one(session, sql).await?;
    let (all, open, names): (i64, i64, String) = (row.get(0), row.get(1), row.get(2));
    let detail = if open == 0 {
        format!("{all}, each open to its own role only")
    } else {
        format!("{open} of {all} open to others: {names}")
    };
    Ok(Finding::new("tenants' databases", open == 0, detail, "let the worker run: it closes them at its next look"))
}

async fn passwords(session: &Session) -> Result<Finding, Failure> {
    let value: String = one(session, "SELECT current_setting('password_encryption')").await?.get(0);
    let mend = "set password_encryption = 'scram-sha-256' in postgresql.conf and reload";
    Ok(Finding::new("password_encryption", value == "scram-sha-256", value, mend))
}

/// Whether all tenants can use what they were promised at once. A role without a limit counts as one.
async fn connections(session: &Session) -> Result<Finding, Failure> {
    let sql =
        "SELECT current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint,
               coalesce(sum(greatest(rolconnlimit, 1)), 0)::bigint, count(*)
               FROM pg_roles WHERE rolname LIKE 'tenant\\_user\\_%' AND rolcanlogin";
    let row = one(session, sql).await?;
    let (room, promised, tenants): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    let detail = format!("{room} for all roles; {tenants} tenants may hold {promised}");
    let mend = "raise max_connections, lower the tenants' connection limit, or put a pooler before PostgreSQL";
    Ok(Finding::new("max_connections", promised < room, detail, mend))
}

async fn reachable(address: SocketAddr) -> Finding {
    const NAME: &str = "PostgreSQL on the tenants' network";
    let problem = match tokio::time::timeout(REACH_DEADLINE, TcpStream::connect(address)).await {
        Ok(Ok(_)) => return Finding::new(NAME, true, format!("answers at {address}"), ""),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", REACH_DEADLINE.as_secs()),
    };
    let mend =
        "add this address to listen_addresses and the tenants' network to pg_hba.conf, and let the firewall pass it";
    Finding::new(NAME, false, format!("{address}: {problem}"), mend)
}
