//! Drops against resistance: held sessions, thousands of objects, a neighbour's grants.

use domain::app::Isolation;
use provisioner::database::{TenantDatabase as _, database_name, role_name};
use tokio_postgres::error::SqlState;

use crate::support::{BOTH, SHARED, Server, Session, on_every_version};

/// Held sessions, idle in a transaction that locks a table, or busy; a database marked as a template by its owner.
async fn a_drop_ends_whoever_holds_on(server: &Server) {
    for isolation in BOTH {
        let tenant = server.deploy(isolation).await;
        let idle = server.tenant(tenant, isolation).await;
        idle.run("CREATE TABLE kept (id int); BEGIN; LOCK TABLE kept").await;
        let busy = server.tenant(tenant, isolation).await;
        if isolation == Isolation::Database {
            busy.run(&format!("ALTER DATABASE {} IS_TEMPLATE true", database_name(tenant))).await;
        }
        let sleeping = busy.client.batch_execute("SELECT pg_sleep(600)");
        let removal = server.remove(tenant, isolation);
        let (slept, ()) = futures_util::future::join(sleeping, removal).await;
        assert!(slept.is_err(), "the busy session was ended");
        assert!(idle.client.simple_query("SELECT 1").await.is_err(), "the idle session was ended");
        assert_eq!(server.conformity(tenant, isolation).await, (None, None));
    }
}
on_every_version!(a_drop_ends_whoever_holds_on);

/// A pooler, or an app in a crash loop: as soon as one session ends it opens the next.
async fn a_drop_wins_against_who_reconnects(server: &Server) {
    for isolation in BOTH {
        let tenant = server.deploy(isolation).await;
        let url = server.tenant_url(tenant, isolation);
        let mut opened = 0_u32;
        let reconnect = async {
            loop {
                let Ok(session) = Session::open(&url).await else { continue };
                opened += 1;
                // An error is the end of this session, which is what it waits for.
                session.client.batch_execute("SELECT pg_sleep(600)").await.unwrap_err();
            }
        };
        let removal = async {
            let busy = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", role_name(tenant));
            let superuser = server.superuser(SHARED).await;
            while superuser.ask(&busy).await.as_deref() == Some("0") {}
            server.remove(tenant, isolation).await;
        };
        tokio::select! { () = reconnect => {}, () = removal => {} }
        assert!(opened > 0, "nobody was there");
        assert_eq!(server.conformity(tenant, isolation).await, (None, None));
    }
}
on_every_version!(a_drop_wins_against_who_reconnects);

/// More than the server's lock table holds (64 × 40 connections here): one DROP SCHEMA fails, ours does not.
async fn thousands_of_objects_are_dropped(server: &Server) {
    let tenant = server.deploy(Isolation::Schema).await;
    let (role, name) = (role_name(tenant), database_name(tenant));
    server.superuser(SHARED).await.run(&objects(&role, &name)).await;
    let session = server.tenant(tenant, Isolation::Schema).await;
    for table in 0..5_000_u32.div_ceil(200) {
        let numbers = format!("generate_series({}, {})", table * 200, table * 200 + 199);
        let create = "EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, v text)', n)";
        session
            .run(&format!("DO $$ DECLARE n int; BEGIN FOR n IN SELECT {numbers} LOOP {create}; END LOOP; END $$"))
            .await;
    }
    let admin = server.admin(SHARED).await;
    let whole = admin.refusal(&format!("DROP SCHEMA {name} CASCADE")).await;
    assert_eq!(whole, Some(SqlState::OUT_OF_MEMORY), "else this test shows nothing");
    // The error comes before its locks go; the next answer comes after.
    admin.run("SELECT 1").await;
    server.remove(tenant, Isolation::Schema).await;
    assert_eq!(server.conformity(tenant, Isolation::Schema).await, (None, None));
    let left = "SELECT count(*) FROM pg_largeobject_metadata";
    assert_eq!(server.superuser(SHARED).await.ask(left).await.as_deref(), Some("0"));
}
on_every_version!(thousands_of_objects_are_dropped);

/// One of each kind that depends on another in a way of its own, and large objects, made while that was still allowed.
fn objects(role: &str, schema: &str) -> String {
    format!(
        "SET ROLE {role}; SET search_path = {schema};
         CREATE TABLE parent (id serial, at date) PARTITION BY RANGE (at);
         CREATE TABLE child PARTITION OF parent FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE TABLE late (v int); ALTER TABLE late ADD COLUMN number int GENERATED ALWAYS AS IDENTITY;
         CREATE VIEW seen AS SELECT id FROM parent; CREATE MATERIALIZED VIEW kept AS SELECT id FROM seen;
         CREATE SEQUENCE free; CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
         CREATE TYPE pair AS (a int, b even); CREATE TYPE span AS RANGE (subtype = int);
         CREATE FUNCTION f(mood) RETURNS pair LANGUAGE sql AS 'SELECT NULL::pair';
         CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
         CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int);
         CREATE FUNCTION same(mood, mood) RETURNS bool LANGUAGE sql AS 'SELECT $1 = $2';
         CREATE OPERATOR === (leftarg = mood, rightarg = mood, function = same);
         CREATE TABLE \"Odd; \"\"name\"\" $$\" (m mood, s span);
         CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER t BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION t();
         ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
         RESET ROLE;
         DO $$ DECLARE n int; o oid; BEGIN FOR n IN 1..500 LOOP
           o := lo_create(0); EXECUTE format('ALTER LARGE OBJECT %s OWNER TO {role}', o);
         END LOOP; END $$"
    )
}

/// A neighbour may grant a role something in its own database; that must not keep the role from being dropped.
async fn a_neighbours_grants_do_not_keep_a_role(server: &Server) {
    let (leaving, staying) = (server.deploy(Isolation::Database).await, server.deploy(Isolation::Database).await);
    let role = role_name(leaving);
    let grants = format!(
        "CREATE TABLE t (id int); GRANT SELECT ON t TO {role}; GRANT CONNECT ON DATABASE {} TO {role}",
        database_name(staying)
    );
    server.tenant(staying, Isolation::Database).await.run(&grants).await;
    server.remove(leaving, Isolation::Database).await;
    assert_eq!(server.conformity(staying, Isolation::Database).await, (Some(true), Some(true)));
    assert!(server.tenant(staying, Isolation::Database).await.refusal("SELECT FROM t").await.is_none());
}
on_every_version!(a_neighbours_grants_do_not_keep_a_role);

/// Each keeps the admin role out of the grantor's database or from changing anything there, as far as its owner can.
const RESISTANCE: &[&str] = &[
    "ALTER DATABASE $own SET default_transaction_read_only = on",
    "ALTER DATABASE $own SET role = $own_role",
    "ALTER DATABASE $own SET statement_timeout = 1",
    "ALTER DATABASE $own SET lock_timeout = 1",
    "ALTER DATABASE $own SET idle_session_timeout = 1",
    "ALTER DATABASE $own SET local_preload_libraries = 'no_such_library'",
    "ALTER DATABASE $own SET search_path = evil",
    "DO $$ BEGIN IF current_setting('transaction_timeout', true) IS NOT NULL THEN
       ALTER DATABASE $own SET transaction_timeout = 1; END IF; END $$",
    "ALTER DATABASE $own CONNECTION LIMIT 0",
    "REVOKE ALL ON DATABASE $own FROM $own_role",
];

/// One who wants to keep a neighbour's role, and locks what it granted for good.
async fn a_neighbour_that_resists_does_not_keep_a_role(server: &Server) {
    let (leaving, hostile) = (server.deploy(Isolation::Database).await, server.deploy(Isolation::Database).await);
    let (role, own, own_role) = (role_name(leaving), database_name(hostile), role_name(hostile));
    let holder = server.tenant(hostile, Isolation::Database).await;
    let grants = format!(
        "CREATE TABLE gift (a int); GRANT SELECT ON gift TO {role}; CREATE POLICY p ON gift TO {role};
         CREATE SCHEMA evil; GRANT ALL ON SCHEMA evil TO {role}; ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {role}"
    );
    holder.run(&grants).await;
    let setter = server.tenant(hostile, Isolation::Database).await;
    for resistance in RESISTANCE {
        setter.run(&resistance.replace("$own_role", &own_role).replace("$own", &own)).await;
    }
    holder.run("BEGIN; LOCK TABLE gift IN ACCESS EXCLUSIVE MODE").await;
    server.remove(leaving, Isolation::Database).await;
    assert_eq!(server.conformity(leaving, Isolation::Database).await, (None, None));
    assert!(holder.client.simple_query("SELECT 1").await.is_err(), "else nothing was in the way");
}
on_every_version!(a_neighbour_that_resists_does_not_keep_a_role);

/// Attempts to drop a role, each of which may be overtaken for a reason that passes.
const ATTEMPTS: u32 = 20;

/// One who grants again whatever was taken away, on several sessions, as fast as it can.
async fn a_neighbour_that_grants_in_a_loop_does_not_keep_a_role(server: &Server) {
    let (leaving, hostile) = (server.deploy(Isolation::Database).await, server.deploy(Isolation::Database).await);
    let (role, url) = (role_name(leaving), server.tenant_url(hostile, Isolation::Database));
    let grant = async |number: u32| {
        loop {
            let Ok(session) = Session::open(&url).await else { continue };
            let table = format!("gift{number}");
            let made = session.client.batch_execute(&format!("CREATE TABLE IF NOT EXISTS {table} (a int)")).await;
            if made.is_err() {
                continue;
            }
            let gift = format!("GRANT SELECT ON {table} TO {role}");
            // Refused once there is no such role, or while it is taken away; else the end of the session.
            while session.client.batch_execute(&gift).await.is_ok() || !session.client.is_closed() {}
        }
    };
    let removal = async {
        let superuser = server.superuser(SHARED).await;
        let given = format!("SELECT count(*) FROM pg_shdepend WHERE refobjid = '{role}'::regrole AND deptype = 'a'");
        while superuser.ask(&given).await.as_deref() != Some("4") {}
        server.tenants.drop_database(leaving, Isolation::Database).await.unwrap();
        let mut attempts = 1;
        while let Err(error) = server.tenants.drop_role(leaving).await {
            assert!(!error.is_permanent() && attempts < ATTEMPTS, "attempt {attempts}: {error}");
            attempts += 1;
        }
    };
    let grants = futures_util::future::join4(grant(1), grant(2), grant(3), grant(4));
    tokio::select! { _ = grants => {}, () = removal => {} }
    assert_eq!(server.conformity(leaving, Isolation::Database).await, (None, None));
}
on_every_version!(a_neighbour_that_grants_in_a_loop_does_not_keep_a_role);

/// More than the server's lock table holds: one DROP OWNED fails, ours does not.
async fn a_neighbours_thousands_of_policies_do_not_keep_a_role(server: &Server) {
    let (leaving, hostile) = (server.deploy(Isolation::Database).await, server.deploy(Isolation::Database).await);
    let (role, session) = (role_name(leaving), server.tenant(hostile, Isolation::Database).await);
    let create = format!("CREATE TABLE t%1$s (id int); CREATE POLICY p ON t%1$s TO {role}");
    for first in (0..8000).step_by(200) {
        let numbers = format!("generate_series({first}, {})", first + 199);
        session
            .run(&format!(
                "DO $$ DECLARE n int; BEGIN FOR n IN SELECT {numbers} LOOP EXECUTE format('{create}', n); END LOOP; END $$"
            ))
            .await;
    }
    let admin = server.admin(&database_name(hostile)).await;
    let whole = admin.refusal(&format!("DROP OWNED BY {role}")).await;
    assert_eq!(whole, Some(SqlState::OUT_OF_MEMORY), "else this test shows nothing");
    // The error comes before its locks go; the next answer comes after.
    admin.run("SELECT 1").await;
    server.remove(leaving, Isolation::Database).await;
    assert_eq!(server.conformity(leaving, Isolation::Database).await, (None, None));
}
on_every_version!(a_neighbours_thousands_of_policies_do_not_keep_a_role);
