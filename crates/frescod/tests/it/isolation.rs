//! Two tenants of each contract side by side, as they are deployed: what each can do to the others, to the platform and
//! to the host, with the credentials and from the network that its own container has.
//!
//! The driver's own tests try more statements on more versions of PostgreSQL (`provisioner/tests/database/isolation.rs`);
//! the point here is the deployed whole.

use std::io::Write;

use serde_json::{Value, json};

use crate::intruder::{database_url, errors, inspect, refusals, session, shell, variable};
use crate::support::{Dev, image, text};
use crate::tenant::{PLATFORM, SHARED, Tenant, sql, wait_gone};

const REFUSED: &str = "ERROR:  42501";
const NO_SUCH_TABLE: &str = "ERROR:  42P01";
const NO_ENTRY: &str = "permission denied for database";
/// The server answers, and the statement's own check holds: it would divide by zero.
const HARMLESS: &str = "";

/// Tried on the platform and on the server. `$own` is a tenant's database or schema, `$own_role` its role.
const ON_THE_PLATFORM: &[(&str, &str)] = &[
    ("SET ROLE fresco_admin;", REFUSED),
    ("SET ROLE fresco_worker;", REFUSED),
    ("SET ROLE fresco_api;", REFUSED),
    ("SET ROLE postgres;", REFUSED),
    ("SET ROLE pg_read_all_data;", REFUSED),
    ("SET ROLE pg_execute_server_program;", REFUSED),
    ("SET SESSION AUTHORIZATION fresco_admin;", REFUSED),
    ("ALTER ROLE fresco_admin PASSWORD 'mine';", REFUSED),
    ("ALTER ROLE $own_role SUPERUSER;", REFUSED),
    ("ALTER ROLE $own_role CONNECTION LIMIT -1;", REFUSED),
    ("CREATE ROLE intruder;", REFUSED),
    ("CREATE DATABASE intruder;", REFUSED),
    ("ALTER SYSTEM SET log_statement = 'all';", REFUSED),
    ("COPY (SELECT 1) TO PROGRAM 'id';", REFUSED),
    ("CREATE TABLE $own_table (line text); COPY $own_table FROM PROGRAM 'id';", REFUSED),
    ("COPY (SELECT 1) TO '/tmp/intruder';", REFUSED),
    ("SELECT pg_read_file('pg_hba.conf');", REFUSED),
    ("SELECT lo_import('/etc/passwd');", REFUSED),
    ("SELECT lo_export(1, '/tmp/intruder');", REFUSED),
    ("SELECT * FROM pg_largeobject;", REFUSED),
    ("SELECT * FROM pg_authid;", REFUSED),
    ("SELECT * FROM pg_shadow;", REFUSED),
    ("CREATE EXTENSION dblink;", REFUSED),
    ("CREATE EXTENSION postgres_fdw;", REFUSED),
    ("SELECT pg_database_size('fresco_platform');", REFUSED),
    ("ALTER DATABASE fresco_platform SET search_path = evil;", REFUSED),
    ("ALTER DATABASE fresco_tenants SET search_path = evil;", REFUSED),
    ("DROP DATABASE fresco_platform;", REFUSED),
    ("SELECT * FROM fresco.tenants;", NO_SUCH_TABLE),
    ("SELECT * FROM fresco.tenant_secrets;", NO_SUCH_TABLE),
    ("SELECT 1 / (count(*) = 0)::int FROM pg_tables WHERE schemaname = 'fresco';", HARMLESS),
];

/// Tried on each of the others; `$their` and `$their_role` are its names.
const ON_OTHERS: &[(&str, &str)] = &[
    ("SET ROLE $their_role;", REFUSED),
    ("SET SESSION AUTHORIZATION $their_role;", REFUSED),
    ("GRANT $their_role TO $own_role;", REFUSED),
    ("ALTER ROLE $their_role PASSWORD 'mine';", REFUSED),
    ("ALTER ROLE $their_role SET search_path = public;", REFUSED),
    ("DROP ROLE $their_role;", REFUSED),
    ("REASSIGN OWNED BY $their_role TO $own_role;", REFUSED),
    ("DROP OWNED BY $their_role;", REFUSED),
    (
        "SELECT 1 / (count(*) = 0)::int FROM pg_stat_activity
         WHERE usename = '$their_role' AND query NOT IN ('', '<insufficient privilege>');",
        HARMLESS,
    ),
];

/// Tried on each of the others that has a database of its own.
const ON_DATABASES: &[(&str, &str)] = &[
    ("SELECT pg_database_size('$their');", REFUSED),
    ("ALTER DATABASE $their OWNER TO $own_role;", REFUSED),
    ("ALTER DATABASE $their SET search_path = evil;", REFUSED),
    ("GRANT CONNECT ON DATABASE $their TO $own_role;", REFUSED),
    ("DROP DATABASE $their;", REFUSED),
];

/// Tried by one that shares a database, on the other in it.
const IN_THE_SHARED_DATABASE: &[(&str, &str)] = &[
    ("SELECT * FROM $their.\"Entry\";", REFUSED),
    ("INSERT INTO $their.\"Entry\" DEFAULT VALUES;", REFUSED),
    ("DELETE FROM $their.\"Entry\";", REFUSED),
    ("COPY $their.\"User\" TO STDOUT;", REFUSED),
    ("DROP TABLE $their.\"Entry\";", REFUSED),
    ("CREATE TABLE $their.evil ();", REFUSED),
    ("CREATE VIEW peek AS SELECT * FROM $their.\"Entry\";", REFUSED),
    ("DROP SCHEMA $their CASCADE;", REFUSED),
    ("ALTER SCHEMA $their OWNER TO $own_role;", REFUSED),
    ("CREATE TABLE public.evil ();", REFUSED),
    ("CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT 1';", REFUSED),
    ("CREATE SCHEMA evil;", REFUSED),
    ("CREATE TEMP TABLE evil ();", REFUSED),
    ("SELECT lo_create(0);", REFUSED),
    ("SELECT lo_from_bytea(0, 'x');", REFUSED),
    ("SELECT 1 / (count(*) = 0)::int FROM pg_stats WHERE schemaname = '$their';", HARMLESS),
];

/// Two of each contract.
fn four(dev: &Dev) -> [Tenant; 4] {
    let names = [("owls", "sample"), ("larks", "sample"), ("swifts", "sample-schema"), ("terns", "sample-schema")];
    let planted = ["--env", "S3_SECRET_ACCESS_KEY=planted-in-a-container"];
    let tenants = names.map(|(name, app)| Tenant::ask_for(dev, name, app, &planted));
    for tenant in &tenants {
        tenant.wait_active(dev);
        tenant.enter(dev, &format!("a secret of {}", tenant.subdomain));
    }
    tenants
}

#[test]
fn tenants_side_by_side_reach_neither_one_another_nor_the_platform() {
    image();
    let dev = Dev::start();
    let tenants = four(&dev);
    // At once: most of it is waiting for answers that must not come.
    std::thread::scope(|scope| {
        for tenant in &tenants {
            scope.spawn(|| tries_everything(&dev, tenant, &tenants));
        }
    });
    what_has_no_owner_disturbs_nobody(&dev, &tenants);
    for tenant in &tenants {
        tenant.answers_with(&dev, &format!("a secret of {}", tenant.subdomain));
        let (_, entries) = tenant.visit(&dev, "/entries", &[]).unwrap();
        assert_eq!(entries.matches("a secret of").count(), 1, "{entries}");
        assert_eq!(tenant.parts(&dev), tenant.whole());
    }
}

fn tries_everything(dev: &Dev, tenant: &Tenant, tenants: &[Tenant]) {
    let others: Vec<_> = tenants.iter().filter(|other| other.id != tenant.id).collect();
    statements_are_refused(dev, tenant, &others);
    connections_are_refused(dev, tenant);
    nobody_else_is_reached(dev, tenant, &others);
    is_hardened(tenant);
}

fn statements_are_refused(dev: &Dev, tenant: &Tenant, others: &[&Tenant]) {
    let own_table = format!("{}.intruder", if tenant.shares { tenant.database() } else { "public".to_owned() });
    let mut attempts: Vec<(String, &str)> = Vec::new();
    let mut tries = |table: &[(&str, &'static str)], their: &Tenant| {
        attempts.extend(table.iter().map(|(attempt, expected)| {
            let attempt = attempt.replace("$their_role", &their.role()).replace("$their", &their.database());
            let attempt = attempt.replace("$own_role", &tenant.role()).replace("$own_table", &own_table);
            (attempt, *expected)
        }));
    };
    tries(ON_THE_PLATFORM, tenant);
    for other in others {
        tries(ON_OTHERS, other);
        match (tenant.shares, other.shares) {
            (true, true) => tries(IN_THE_SHARED_DATABASE, other),
            (false, true) => {}
            (_, false) => tries(ON_DATABASES, other),
        }
    }
    let lines: Vec<_> = attempts.iter().map(|(attempt, _)| attempt.clone()).collect();
    told_at_once(tenant, &attempts, &errors(dev, tenant, &lines));
}

/// All misses are told at once.
fn told_at_once(tenant: &Tenant, attempts: &[(String, &str)], found: &[String]) {
    let met = |(expected, error): (&str, &str)| match expected {
        HARMLESS => error.is_empty(),
        expected => error.contains(expected),
    };
    let missed = attempts.iter().zip(found).filter(|((_, expected), error)| !met((expected, error)));
    let missed: Vec<_> = missed.map(|((attempt, _), error)| format!("{attempt}: {error:?}")).collect();
    assert!(missed.is_empty(), "{}, of {} attempts:\n{}", tenant.subdomain, attempts.len(), missed.join("\n"));
}

/// Every database but its own, and the platform's roles.
fn connections_are_refused(dev: &Dev, tenant: &Tenant) {
    let url = database_url(tenant);
    let (server, home) = url.rsplit_once('/').unwrap();
    let (_, address) = server.rsplit_once('@').unwrap();
    let databases = sql(dev, PLATFORM, "SELECT datname FROM pg_database ORDER BY 1");
    let mut attempts: Vec<_> = databases
        .iter()
        .map(|name| (format!("{server}/{name}"), if name == home { HARMLESS } else { NO_ENTRY }))
        .collect();
    for (_, expected) in attempts.iter_mut().filter(|(url, _)| url.ends_with("/template0")) {
        *expected = "not currently accepting connections";
    }
    assert!(attempts.len() >= 7 && databases.iter().any(|name| name == home), "{databases:?}");
    attempts.push((format!("postgresql://postgres:x@{address}/postgres"), "pg_hba.conf rejects"));
    for role in ["fresco_admin", "fresco_worker_login", "fresco_api_login", "fresco_owner_login"] {
        let attempt = format!("postgresql://{role}:x@{address}/{PLATFORM}");
        attempts.push((attempt, "password authentication failed"));
    }
    let urls: Vec<_> = attempts.iter().map(|(url, _)| url.clone()).collect();
    told_at_once(tenant, &attempts, &refusals(dev, tenant, &urls));
}

/// From the tenant's own network and address. What it does reach shows that the others are not out of reach for another
/// reason.
fn nobody_else_is_reached(dev: &Dev, tenant: &Tenant, others: &[&Tenant]) {
    let url = database_url(tenant);
    let (gateway, port) = url.rsplit_once('@').unwrap().1.split_once('/').unwrap().0.split_once(':').unwrap();
    // nc, since wget resolves names with files the container doesn't have. The app gives up on who hangs up first.
    let ask = "(printf 'GET /favicon.ico HTTP/1.0\\r\\n\\r\\n'; busybox sleep 1) | busybox nc -w 2";
    let page = |address: &str| format!("{ask} {address} 3000 2>/dev/null | busybox grep -q '200 OK'");
    let opens = |port: &str| format!("busybox nc -w 2 {gateway} {port} </dev/null >/dev/null 2>&1");
    let mut attempts = vec![(page("127.0.0.1"), true), (opens(port), true)];
    for platform in [&dev.ready("api"), &tenant.url] {
        attempts.push((opens(platform.rsplit_once(':').unwrap().1), false));
    }
    for other in others {
        let networks = inspect(other)["NetworkSettings"]["Networks"].clone();
        attempts.push((page(networks[dev.network()]["IPAddress"].as_str().unwrap()), false));
    }
    let script: Vec<_> = attempts.iter().map(|(attempt, _)| format!("{attempt} && echo true || echo false")).collect();
    let reached = shell(tenant, &script.join("\n"));
    let wanted: String = attempts.iter().map(|(_, reaches)| format!("{reaches}\n")).collect();
    assert_eq!(reached, wanted, "{}: {attempts:#?}", tenant.subdomain);
}

fn is_hardened(tenant: &Tenant) {
    let shown = inspect(tenant);
    let host = &shown["HostConfig"];
    for (field, wanted) in [
        ("CapDrop", json!(["ALL"])),
        ("CapAdd", Value::Null),
        ("SecurityOpt", json!(["no-new-privileges:true"])),
        ("Privileged", json!(false)),
        ("ReadonlyRootfs", json!(true)),
        ("Memory", json!(256 << 20)),
        ("MemorySwap", json!(512 << 20)),
        ("NanoCpus", json!(500_000_000)),
        ("PidsLimit", json!(100)),
        ("PidMode", json!("")),
        ("IpcMode", json!("private")),
        ("Binds", Value::Null),
        ("LogConfig", json!({"Type": "json-file", "Config": {"max-size": "10485760", "max-file": "3"}})),
    ] {
        assert_eq!(host[field], wanted, "{field} of {}", tenant.subdomain);
    }
    assert_eq!(shown["Mounts"], json!([]), "the engine's socket, or anything else of the host");
    assert_eq!(shown["Config"]["User"], "1001:1001");
    let labels = shown["Config"]["Labels"].to_string();
    let url = database_url(tenant);
    let password = url.split(['@', ':']).nth(2).unwrap();
    for secret in [password, "planted-in-a-container", &variable(&shown, "TOTP_ENCRYPTION_KEY")] {
        assert!(secret.len() >= 16 && !labels.contains(secret), "{secret} is in {labels}");
    }
}

/// Locks and channels have no owner: tenants hold and listen to all they can while another is deployed and destroyed.
fn what_has_no_owner_disturbs_nobody(dev: &Dev, tenants: &[Tenant]) {
    let hold = "SELECT count(pg_advisory_lock_shared(n)) FROM generate_series(1, 2000) n;
                LISTEN fresco_doorbell; LISTEN fresco_news;
                NOTIFY fresco_doorbell, 'forged'; NOTIFY fresco_news, 'forged';\n";
    let mut sessions: Vec<_> = tenants.iter().map(|tenant| session(dev, tenant)).collect();
    for session in &mut sessions {
        session.stdin.as_mut().unwrap().write_all(hold.as_bytes()).unwrap();
    }
    let held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' GROUP BY pid HAVING count(*) >= 2000";
    dev.wait_until("all hold their locks", || sql(dev, SHARED, held).len() == tenants.len());
    let fifth = Tenant::deploy(dev, "fifth", "sample", &[]);
    let end = fifth.destroy(dev);
    wait_gone(dev, &[fifth], vec![end]);
    for mut session in sessions {
        session.stdin.take().unwrap().write_all(b"SELECT 1;\n").unwrap();
        let heard = text(&session.wait_with_output().unwrap().stdout);
        let notes: Vec<_> = heard.lines().filter(|line| line.contains("Asynchronous notification")).collect();
        assert!(!notes.is_empty() && notes.iter().all(|note| note.contains("\"forged\"")), "{heard}");
    }
}
