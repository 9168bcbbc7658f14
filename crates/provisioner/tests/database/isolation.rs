//! What a tenant with its own credentials must not be able to do, each attempt with the code PostgreSQL refuses it with.
//!
//! Two tenants of each contract stand side by side, and tables of the platform in the shared database (an operator may put
//! them there). `$own` is the attacker's schema or database, `$role` its role; `$other` and `$other_role` are its
//! neighbour's.

use domain::TenantId;
use domain::app::Isolation;
use provisioner::database::{TenantDatabase, database_name, role_name};
use secrecy::ExposeSecret;
use tokio_postgres::error::SqlState;

use crate::support::{BOTH, SHARED, Server, Session, on_every_version, spec};

/// Refused to a tenant of either contract.
const EVERYWHERE: &[(&str, SqlState)] = &[
    // Becoming somebody else.
    ("SET ROLE $other_role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SET ROLE fresco_admin", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SET ROLE postgres", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SET ROLE pg_read_all_data", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SET SESSION AUTHORIZATION $other_role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("GRANT $other_role TO $role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("GRANT fresco_admin TO $role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER ROLE $other_role PASSWORD 'mine'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER ROLE $other_role SET search_path = public", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER ROLE fresco_admin SET search_path = public", SqlState::INSUFFICIENT_PRIVILEGE),
    // More rights than it has.
    ("ALTER ROLE $role SUPERUSER", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER ROLE $role CREATEDB", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER ROLE $role CONNECTION LIMIT -1", SqlState::INSUFFICIENT_PRIVILEGE),
    ("COMMENT ON ROLE $role IS 'frescod: password version 9'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE ROLE intruder", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE DATABASE intruder", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DROP ROLE $other_role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER SYSTEM SET log_statement = 'all'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SET log_statement = 'all'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SET session_preload_libraries = 'x'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_reload_conf()", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CHECKPOINT", SqlState::INSUFFICIENT_PRIVILEGE),
    // The server's files, programs and memory.
    ("COPY (SELECT 1) TO PROGRAM 'id'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE TEMP TABLE f (l text); COPY f FROM PROGRAM 'id'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("COPY (SELECT 1) TO '/tmp/intruder'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_read_file('/etc/passwd')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_read_binary_file('pg_hba.conf')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_ls_dir('.')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_ls_logdir()", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT lo_import('/etc/passwd')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT lo_export(1, '/tmp/intruder')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("LOAD 'dblink'", SqlState::INSUFFICIENT_PRIVILEGE),
    // Secrets of others.
    ("SELECT * FROM pg_authid", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT * FROM pg_shadow", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT * FROM pg_hba_file_rules", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT * FROM pg_statistic", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT * FROM pg_largeobject", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_database_size('platform')", SqlState::INSUFFICIENT_PRIVILEGE),
    // Ways out of the database.
    ("CREATE EXTENSION dblink", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE EXTENSION postgres_fdw", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE EXTENSION file_fdw", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw", SqlState::UNDEFINED_OBJECT),
    ("CREATE FUNCTION x() RETURNS int LANGUAGE c AS 'libc', 'getpid'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION now()", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_create_physical_replication_slot('x')", SqlState::INSUFFICIENT_PRIVILEGE),
    // Others' sessions.
    ("SELECT pg_terminate_backend($victim)", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_cancel_backend($victim)", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT pg_log_backend_memory_contexts($victim)", SqlState::INSUFFICIENT_PRIVILEGE),
    // Its own database or the shared one, beyond what is its.
    ("ALTER DATABASE fresco_shared SET search_path = evil", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER DATABASE postgres SET search_path = evil", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DROP DATABASE platform", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE TABLE pg_catalog.evil ()", SqlState::INSUFFICIENT_PRIVILEGE),
];

/// Refused to a tenant that shares a database.
const SCHEMA: &[(&str, SqlState)] = &[
    ("SELECT * FROM $other.secret", SqlState::INSUFFICIENT_PRIVILEGE),
    ("INSERT INTO $other.secret VALUES ('x')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("UPDATE $other.secret SET word = 'x'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("TRUNCATE $other.secret", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DO 'BEGIN LOCK TABLE $other.secret; END'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER TABLE $other.secret ADD COLUMN x int", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DROP TABLE $other.secret", SqlState::INSUFFICIENT_PRIVILEGE),
    ("COPY $other.secret TO STDOUT", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT $other.tell()", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE TABLE $other.evil ()", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE VIEW peek AS SELECT * FROM $other.secret", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE TABLE mine () INHERITS ($other.secret)", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DROP SCHEMA $other CASCADE", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER SCHEMA $other OWNER TO $role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("GRANT USAGE ON SCHEMA $other TO $role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER SCHEMA $own RENAME TO other", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT * FROM platform.tenants", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT * FROM public.platform_secrets", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE TABLE public.evil ()", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE FUNCTION public.lower(text) RETURNS text LANGUAGE sql AS 'SELECT 1'", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE SCHEMA evil", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE TEMP TABLE evil ()", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE EXTENSION pgcrypto", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE PUBLICATION evil", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DROP DATABASE fresco_shared", SqlState::INSUFFICIENT_PRIVILEGE),
    ("GRANT fresco_shared_tenants TO $other_role", SqlState::INSUFFICIENT_PRIVILEGE),
    // Large objects have no schema: none can be made, and none of another's be touched.
    ("SELECT lo_create(0)", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT lo_creat(-1)", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT lo_from_bytea(0, 'x')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT lo_get($large_object)", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT lo_put($large_object, 0, 'x')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("SELECT lo_unlink($large_object)", SqlState::INSUFFICIENT_PRIVILEGE),
];

/// Refused to a tenant with a database of its own.
const DATABASE: &[(&str, SqlState)] = &[
    ("ALTER DATABASE $own RENAME TO evil", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER DATABASE $other OWNER TO $role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER DATABASE $other SET search_path = evil", SqlState::INSUFFICIENT_PRIVILEGE),
    ("GRANT CONNECT ON DATABASE $other TO $role", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DROP DATABASE $other", SqlState::INSUFFICIENT_PRIVILEGE),
    ("DROP DATABASE $own", SqlState::OBJECT_IN_USE),
    ("SELECT pg_database_size('$other')", SqlState::INSUFFICIENT_PRIVILEGE),
    ("ALTER TABLE pg_catalog.pg_class ADD COLUMN x int", SqlState::INSUFFICIENT_PRIVILEGE),
    ("CREATE SUBSCRIPTION s CONNECTION 'host=127.0.0.1' PUBLICATION p", SqlState::INSUFFICIENT_PRIVILEGE),
];

/// The attacker, the neighbour, and what the placeholders stand for.
struct Stage<'a> {
    server: &'a Server,
    isolation: Isolation,
    attacker: TenantId,
    neighbour: TenantId,
    large_object: String,
    victim: Session,
}

impl<'a> Stage<'a> {
    async fn set(server: &'a Server, isolation: Isolation) -> Self {
        let (attacker, neighbour) = (server.deploy(isolation).await, server.deploy(isolation).await);
        let victim = server.tenant(neighbour, isolation).await;
        victim.run("CREATE TABLE secret (word text); INSERT INTO secret VALUES ('theirs')").await;
        victim.run("CREATE FUNCTION tell() RETURNS text LANGUAGE sql AS 'SELECT 1'").await;
        let make = format!(
            "DO $$ BEGIN PERFORM lo_create(4242); ALTER LARGE OBJECT 4242 OWNER TO {}; END $$",
            role_name(neighbour)
        );
        let database = if isolation == Isolation::Schema { SHARED.to_owned() } else { database_name(neighbour) };
        server.superuser(&database).await.run(&make).await;
        Self { server, isolation, attacker, neighbour, large_object: "4242".to_owned(), victim }
    }

    async fn filled(&self, attempt: &str) -> String {
        let pid = self.victim.ask("SELECT pg_backend_pid()").await.unwrap();
        attempt
            .replace("$other_role", &role_name(self.neighbour))
            .replace("$other", &database_name(self.neighbour))
            .replace("$own", &database_name(self.attacker))
            .replace("$role", &role_name(self.attacker))
            .replace("$large_object", &self.large_object)
            .replace("$victim", &pid)
    }

    /// Every attempt is one transaction that fails, so none helps or hinders the next. All misses are told at once.
    async fn refuse(&self, attempts: &[(&str, SqlState)]) {
        let session = self.server.tenant(self.attacker, self.isolation).await;
        let mut wrong = Vec::new();
        for (attempt, code) in attempts {
            let found = session.refusal(&self.filled(attempt).await).await;
            if found.as_ref() != Some(code) {
                wrong.push(format!("{attempt}: {found:?}"));
            }
        }
        assert!(wrong.is_empty(), "{:?}:\n{}", self.isolation, wrong.join("\n"));
    }
}

async fn hostile(server: &Server) {
    let platform = server.superuser("postgres").await;
    platform.run("CREATE DATABASE platform").await;
    platform.run("REVOKE ALL ON DATABASE platform FROM PUBLIC").await;
    let tables = "CREATE SCHEMA platform; CREATE TABLE platform.tenants (id int);
                  CREATE TABLE public.platform_secrets (word text)";
    server.superuser(SHARED).await.run(tables).await;
    for isolation in BOTH {
        let stage = Stage::set(server, isolation).await;
        stage.refuse(EVERYWHERE).await;
        match isolation {
            Isolation::Schema => stage.refuse(SCHEMA).await,
            Isolation::Database => stage.refuse(DATABASE).await,
        }
        what_it_may_use_it_can_not_pass_on(&stage).await;
        the_group_gives_the_way_in_and_nothing_else(&stage).await;
        no_other_database_lets_it_in(&stage).await;
        others_queries_stay_theirs(&stage).await;
        the_connection_limit_holds(&stage).await;
        assert_eq!(stage.victim.ask("SELECT word FROM secret").await.as_deref(), Some("theirs"));
        let (role, database) = server.conformity(stage.neighbour, isolation).await;
        assert_eq!((role, database), (Some(true), Some(true)));
    }
}
on_every_version!(hostile);

/// PostgreSQL answers such a GRANT with a warning, not an error.
async fn what_it_may_use_it_can_not_pass_on(stage: &Stage<'_>) {
    let session = stage.server.tenant(stage.attacker, stage.isolation).await;
    if stage.isolation == Isolation::Schema {
        session.run("GRANT ALL ON DATABASE fresco_shared TO PUBLIC").await;
    }
    session.run("GRANT ALL ON SCHEMA pg_catalog TO PUBLIC").await;
    let findings = stage.server.tenants.check(None).await;
    assert!(findings.iter().all(|finding| finding.ok), "{findings:?}");
}

/// Its members could meet in what the group owns, so it can own nothing. 15 lets every member become the group.
async fn the_group_gives_the_way_in_and_nothing_else(stage: &Stage<'_>) {
    let session = stage.server.tenant(stage.attacker, stage.isolation).await;
    let become_it = session.refusal("SET ROLE fresco_shared_tenants").await;
    let major = "SELECT current_setting('server_version_num')::int / 10000";
    let may = session.ask(major).await.as_deref() == Some("15") && stage.isolation == Isolation::Schema;
    assert_eq!(become_it, (!may).then_some(SqlState::INSUFFICIENT_PRIVILEGE));
    if may {
        for attempt in ["CREATE SCHEMA x", "CREATE TEMP TABLE x ()", "SELECT lo_create(0)", "CREATE TABLE public.x ()"]
        {
            assert_eq!(session.refusal(attempt).await, Some(SqlState::INSUFFICIENT_PRIVILEGE), "{attempt}");
        }
    }
}

async fn no_other_database_lets_it_in(stage: &Stage<'_>) {
    let (server, own) = (stage.server, database_name(stage.attacker));
    let list = "SELECT string_agg(datname, ' ') FROM pg_database WHERE datallowconn";
    let databases = server.superuser(SHARED).await.ask(list).await.unwrap();
    let mut entered = Vec::new();
    for database in databases.split(' ') {
        let url = format!(
            "postgresql://{}:{}@{}/{database}",
            role_name(stage.attacker),
            spec().password.expose_secret(),
            server.postgres.address()
        );
        match Session::open(&url.into()).await {
            Ok(_) => entered.push(database.to_owned()),
            Err(error) => assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{database}: {error:?}"),
        }
    }
    let home = if stage.isolation == Isolation::Schema { SHARED.to_owned() } else { own };
    assert_eq!(entered, [home]);
    assert!(databases.split(' ').count() > 4, "{databases}");
}

/// It sees that a neighbour is there, and nothing of what it does.
async fn others_queries_stay_theirs(stage: &Stage<'_>) {
    let pid = stage.victim.ask("SELECT pg_backend_pid() /* a secret in a query */").await.unwrap();
    let attacker = stage.server.tenant(stage.attacker, stage.isolation).await;
    let seen = format!("SELECT query || coalesce(client_addr::text, '') FROM pg_stat_activity WHERE pid = {pid}");
    assert_eq!(attacker.ask(&seen).await.as_deref(), Some("<insufficient privilege>"));
    let rows = "SELECT count(*) FROM pg_stats WHERE schemaname LIKE 'tenant%'";
    stage.victim.run("ANALYZE secret").await;
    assert_eq!(attacker.ask(rows).await.as_deref(), Some("0"), "values of others in the planner's statistics");
}

/// The limit binds; the time-outs do not: a role may set its own, and its next session has them all the same.
async fn the_connection_limit_holds(stage: &Stage<'_>) {
    let limit = usize::try_from(spec().connection_limit).unwrap();
    let url = stage.server.tenant_url(stage.attacker, stage.isolation);
    let mut held = Vec::new();
    let refusal = loop {
        match Session::open(&url).await {
            Ok(session) => held.push(session),
            Err(error) => break error.code().cloned(),
        }
        assert!(held.len() <= limit, "more sessions than the limit");
    };
    assert_eq!(refusal, Some(SqlState::TOO_MANY_CONNECTIONS));
    held[0].run("SET statement_timeout = 0").await;
    drop(held.split_off(1));
    assert_eq!(held[0].ask("SHOW statement_timeout").await.as_deref(), Some("0"));
    let fresh = loop {
        if let Ok(session) = Session::open(&url).await {
            break session;
        }
    };
    assert_eq!(fresh.ask("SHOW statement_timeout").await.as_deref(), Some("30s"));
    assert_eq!(fresh.ask("SHOW idle_in_transaction_session_timeout").await.as_deref(), Some("1min"));
}

/// What has no owner in a shared database: a neighbour's locks and channels can be met, the platform uses neither. (It does
/// not take advisory locks, and its notifications carry no payload: see the module docs of `bootstrap`.)
async fn neighbours_meet_in_locks_and_channels_of_a_shared_database_only(server: &Server) {
    for isolation in BOTH {
        let (one, two) = (server.deploy(isolation).await, server.deploy(isolation).await);
        let (one, two) = (server.tenant(one, isolation).await, server.tenant(two, isolation).await);
        one.run("SELECT pg_advisory_lock(72707369)").await;
        let free = two.ask("SELECT pg_try_advisory_lock(72707369)").await;
        let shared = isolation == Isolation::Schema;
        assert_eq!(free.as_deref(), Some(if shared { "f" } else { "t" }));
    }
    // The platform's own calls go on while a tenant holds every lock it may and listens to everything.
    let hog = server.deploy(Isolation::Schema).await;
    let session = server.tenant(hog, Isolation::Schema).await;
    session.run("SELECT pg_advisory_lock(n) FROM generate_series(1, 500) n; LISTEN tenants").await;
    let tenant = server.deploy(Isolation::Schema).await;
    server.remove(tenant, Isolation::Schema).await;
    assert!(server.tenants.fingerprints().await.unwrap().contains_key(&hog));
}
on_every_version!(neighbours_meet_in_locks_and_channels_of_a_shared_database_only);
