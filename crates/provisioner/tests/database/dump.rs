//! A tenant's data as a file and back: what was there is there again, what came later is gone, identity and grants stay.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use domain::app::Isolation;
use domain::{Clock as _, SystemClock};
use provisioner::database::{
    DumpError, DumpFolder, DumpName, DumpOptions, DumpStore, Dumps, NextRelease, PostgresTenants, Subject,
    TenantDatabase,
};

use crate::support::{BOTH, Server, binaries, on_every_version, options_of, spec, with_server};

/// What an app may have, in an order of dependence of its own.
const BEFORE: &str = "
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE study (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, name text NOT NULL, feels mood);
    CREATE TABLE interview (id serial PRIMARY KEY, study int REFERENCES study);
    CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql AS 'SELECT pg_catalog.upper($1)';
    CREATE VIEW loud AS SELECT shout(name) AS name FROM study;
    CREATE FUNCTION same(mood, mood) RETURNS bool LANGUAGE sql AS 'SELECT $1 = $2';
    CREATE OPERATOR === (leftarg = mood, rightarg = mood, function = same);
    CREATE COLLATION plain FROM \"C\";
    INSERT INTO study (name, feels) VALUES ('first', 'good'), ('second', 'bad');
    INSERT INTO interview (study) VALUES (1), (2)";

/// A release that went wrong.
const AFTER: &str = "
    DROP VIEW loud; ALTER TABLE study RENAME name TO title; DELETE FROM interview; DROP TABLE interview;
    CREATE TABLE later (study int REFERENCES study); INSERT INTO study (title) VALUES ('third');
    CREATE COLLATION newer FROM \"C\"";

/// A database of its own may hold these too, and the release may have made `public` its own.
const BEFORE_DATABASE: &str = "
    CREATE SCHEMA extra; CREATE TABLE extra.kept (id int); INSERT INTO extra.kept VALUES (7);
    CREATE EXTENSION citext; SELECT lo_from_bytea(4711, 'large')";
const AFTER_DATABASE: &str = "DROP SCHEMA extra CASCADE; SELECT lo_unlink(4711); CREATE SCHEMA newer; \
    DROP SCHEMA public CASCADE; CREATE SCHEMA public";

fn options(server: &Server) -> DumpOptions {
    DumpOptions { programs: server.programs.clone(), deadline: Duration::from_secs(60) }
}

fn files_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn a_restore_brings_back_what_was_dumped_and_nothing_else(server: &Server) {
    let options = options(server);
    let dumps = Dumps::new(&server.tenants, &options);
    let spec = spec();
    for isolation in BOTH {
        let tenant = server.deploy(isolation).await;
        let subject = Subject { tenant, isolation, password: &spec.password };
        let identity = server.tenants.observe(tenant, isolation, &spec).await.unwrap().database;
        let session = server.tenant(tenant, isolation).await;
        session.run(BEFORE).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("before.dump");
        if isolation == Isolation::Database {
            session.run(BEFORE_DATABASE).await;
        }
        dumps.dump(subject, &file).await.unwrap();
        assert_eq!(files_in(folder.path()), ["before.dump"]);
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        session.run(AFTER).await;
        if isolation == Isolation::Database {
            session.run(AFTER_DATABASE).await;
        }
        // Once more than needed: a restore that was cut short is run again.
        for _ in 0..2 {
            dumps.restore(subject, &file).await.unwrap();
        }
        assert!(session.client.batch_execute("SELECT 1").await.is_err(), "who could write beside it was sent away");
        let session = server.tenant(tenant, isolation).await;
        let rows = "SELECT string_agg(l.name || i.id, ' ' ORDER BY i.id) FROM loud l, study s, interview i \
                    WHERE l.name = shout(s.name) AND i.study = s.id AND s.feels === s.feels";
        assert_eq!(session.ask(rows).await.as_deref(), Some("FIRST1 SECOND2"));
        assert_eq!(session.ask("SELECT to_regclass('later')").await, None);
        assert_eq!(
            session.ask("SELECT count(*) FROM pg_collation WHERE collname = 'newer'").await.as_deref(),
            Some("0")
        );
        session.run("INSERT INTO study (name) VALUES ('the sequence goes on')").await;
        if isolation == Isolation::Database {
            let more = "SELECT id::text || convert_from(lo_get(4711), 'UTF8') || 'A'::citext FROM extra.kept";
            assert_eq!(session.ask(more).await.as_deref(), Some("7largeA"));
            assert_eq!(session.ask("SELECT to_regnamespace('newer')").await, None);
        }
        assert_eq!(server.tenants.observe(tenant, isolation, &spec).await.unwrap().database, identity);
        drop(session);
        server.remove(tenant, isolation).await;
    }
}
on_every_version!(a_restore_brings_back_what_was_dumped_and_nothing_else);

async fn a_failure_leaves_file_and_data_as_they_were(server: &Server) {
    let options = options(server);
    let spec = spec();
    let tenant = server.deploy(Isolation::Database).await;
    let session = server.tenant(tenant, Isolation::Database).await;
    session.run("CREATE TABLE study (id int); INSERT INTO study VALUES (1)").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.dump");
    std::fs::write(&file, "an older dump").unwrap();
    let subject = Subject { tenant, isolation: Isolation::Database, password: &spec.password };

    let nowhere = DumpOptions { programs: "/nowhere/bin".into(), ..options.clone() };
    let error = Dumps::new(&server.tenants, &nowhere).dump(subject, &file).await.unwrap_err();
    assert!(error.to_string().contains("postgresql-client"), "{error}");

    let dumps = Dumps::new(&server.tenants, &options);
    let wrong = Subject { password: &"other".into(), ..subject };
    let error = dumps.dump(wrong, &file).await.unwrap_err();
    assert!(matches!(&error, DumpError::Failed { said, .. } if said.contains("password authentication")), "{error}");

    let hurried = DumpOptions { deadline: Duration::from_millis(1), ..options.clone() };
    let error = Dumps::new(&server.tenants, &hurried).dump(subject, &file).await.unwrap_err();
    assert!(matches!(error, DumpError::TooSlow { .. }), "{error}");

    let error = dumps.restore(subject, &file).await.unwrap_err();
    assert!(matches!(error, DumpError::Failed { program: "pg_restore", .. }), "{error}");

    assert_eq!(std::fs::read(&file).unwrap(), b"an older dump");
    assert_eq!(files_in(folder.path()), ["kept.dump"]);
    assert_eq!(session.ask("SELECT count(*) FROM study").await.as_deref(), Some("1"));
}
on_every_version!(a_failure_leaves_file_and_data_as_they_were);

/// Programs of 17 set a time-out that a server of 16 does not know, and older ones don't read what is newer than they.
async fn programs_that_do_not_fit_are_refused_before_anything_is_emptied(server: &Server, other: u32) {
    let (spec, isolation) = (spec(), Isolation::Database);
    let tenant = server.deploy(isolation).await;
    let subject = Subject { tenant, isolation, password: &spec.password };
    let session = server.tenant(tenant, isolation).await;
    session.run("CREATE TABLE study (id int); INSERT INTO study VALUES (1)").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept.dump");
    Dumps::new(&server.tenants, &options(server)).dump(subject, &file).await.unwrap();

    let others = DumpOptions { programs: binaries(other).unwrap().folder().to_owned(), ..options(server) };
    let dumps = Dumps::new(&server.tenants, &others);
    let restored = dumps.restore(subject, &file).await;
    assert_eq!(session.ask("SELECT count(*) FROM study").await.as_deref(), Some("1"), "{restored:?}");
    let dumped = dumps.dump(subject, &folder.path().join("useless.dump")).await;
    for refused in [restored, dumped, dumps.check().await] {
        let error = refused.unwrap_err();
        assert!(error.is_permanent() && error.to_string().contains("`dumps.programs`"), "{error}");
    }
    assert_eq!(files_in(folder.path()), ["kept.dump"]);
    drop(session);
    server.remove(tenant, isolation).await;
}

#[tokio::test]
async fn newer_programs_that_do_not_fit_empty_nothing() {
    let test = async |server: &Server| {
        programs_that_do_not_fit_are_refused_before_anything_is_emptied(server, 17).await;
    };
    with_server(16, test).await;
}

#[tokio::test]
async fn older_programs_empty_nothing() {
    let test = async |server: &Server| {
        programs_that_do_not_fit_are_refused_before_anything_is_emptied(server, 16).await;
    };
    with_server(17, test).await;
}

/// What [`Dumps::check`] lets pass does bring the data back.
#[tokio::test]
async fn newer_programs_that_fit_bring_data_back() {
    let test = async |server: &Server| {
        let newer = DumpOptions { programs: binaries(18).unwrap().folder().to_owned(), ..options(server) };
        let (spec, isolation) = (spec(), Isolation::Database);
        let tenant = server.deploy(isolation).await;
        let subject = Subject { tenant, isolation, password: &spec.password };
        server.tenant(tenant, isolation).await.run(BEFORE).await;
        let (dumps, folder) = (Dumps::new(&server.tenants, &newer), tempfile::tempdir().unwrap());
        let file = folder.path().join("before.dump");
        dumps.dump(subject, &file).await.unwrap();
        dumps.restore(subject, &file).await.unwrap();
        let session = server.tenant(tenant, isolation).await;
        assert_eq!(session.ask("SELECT count(*) FROM loud").await.as_deref(), Some("2"));
        drop(session);
        server.remove(tenant, isolation).await;
    };
    with_server(17, test).await;
}

const FRESH_FOR: Duration = Duration::from_secs(3600);

/// A release of a change that was asked for a while ago.
fn next(number: u32) -> NextRelease {
    NextRelease { number, asked_at: SystemClock.now() - TimeDelta::minutes(10) }
}

async fn a_dump_counts_for_the_change_it_was_taken_for_and_for_a_while(server: &Server) {
    let (spec, isolation) = (spec(), Isolation::Database);
    let tenant = server.deploy(isolation).await;
    let subject = Subject { tenant, isolation, password: &spec.password };
    let folder = tempfile::tempdir().unwrap();
    let tenants = Arc::new(PostgresTenants::new(&options_of(&server.postgres)).unwrap());
    let dumps = DumpFolder::new(folder.path().to_owned(), (2, FRESH_FOR), options(server), tenants);
    dumps.dump(subject, next(2)).await.unwrap();
    let counts = async |next| dumps.find(tenant, next).await.unwrap().unwrap().before_next;
    assert!(counts(next(2)).await);
    let another = NextRelease { asked_at: SystemClock.now() + TimeDelta::seconds(1), ..next(2) };
    assert!(!counts(another).await, "a change that was asked for since");
    let file = std::fs::File::options().write(true).open(dumps.path(tenant, DumpName::BeforeRelease(2))).unwrap();
    for (age, holds) in [(TimeDelta::minutes(5), true), (TimeDelta::hours(2), false), (TimeDelta::hours(-2), false)] {
        file.set_modified((SystemClock.now() - age).into()).unwrap();
        let long_asked = NextRelease { number: 2, asked_at: SystemClock.now() - TimeDelta::days(1) };
        assert_eq!(counts(long_asked).await, holds, "{age}");
    }
    server.remove(tenant, isolation).await;
}
on_every_version!(a_dump_counts_for_the_change_it_was_taken_for_and_for_a_while);

async fn the_folder_keeps_the_newest_and_forgets_a_tenant_whole(server: &Server) {
    let (spec, isolation) = (spec(), Isolation::Database);
    let tenant = server.deploy(isolation).await;
    let subject = Subject { tenant, isolation, password: &spec.password };
    let folder = tempfile::tempdir().unwrap();
    let tenants = Arc::new(PostgresTenants::new(&options_of(&server.postgres)).unwrap());
    let dumps = DumpFolder::new(folder.path().join("dumps"), (2, FRESH_FOR), options(server), tenants);
    assert_eq!(dumps.find(tenant, next(2)).await.unwrap(), None);
    for release in 2..6 {
        assert!(dumps.dump(subject, next(release)).await.unwrap().before_next);
    }
    let (taken, later) = (dumps.find(tenant, next(5)).await.unwrap(), dumps.find(tenant, next(6)).await.unwrap());
    assert_eq!((taken.unwrap().before_next, later.unwrap().before_next), (true, false));
    std::fs::create_dir(folder.path().join("dumps/lost+found")).unwrap();
    assert_eq!(dumps.tenants().await.unwrap(), [tenant]);
    let place = dumps.path(tenant, DumpName::BeforeRelease(5)).parent().unwrap().to_owned();
    let kept = || {
        let mut kept = files_in(&place);
        kept.sort();
        kept
    };
    assert_eq!(kept(), ["4.dump", "5.dump"]);
    std::fs::write(place.join(".dump-cut0ff"), "PGDMP").unwrap();
    dumps.dump(subject, next(6)).await.unwrap();
    assert_eq!(kept(), ["5.dump", "6.dump"], "what was left by who died while dumping goes, too");
    for asked in [7, 10, 9] {
        dumps.save(subject, asked).await.unwrap();
    }
    assert_eq!(kept(), ["5.dump", "6.dump", "restore-10.dump", "restore-9.dump"], "each kind by itself");
    let state = dumps.find(tenant, next(6)).await.unwrap().unwrap();
    assert_eq!((state.releases, state.restores), ([5, 6].into(), [9, 10].into()));
    dumps.remove(tenant).await.unwrap();
    dumps.remove(tenant).await.unwrap();
    assert_eq!(dumps.find(tenant, next(6)).await.unwrap(), None);
    server.remove(tenant, isolation).await;
}
on_every_version!(the_folder_keeps_the_newest_and_forgets_a_tenant_whole);

async fn a_dump_of_the_folder_comes_back_and_tells_of_when_it_is(server: &Server) {
    let (spec, isolation) = (spec(), Isolation::Database);
    let tenant = server.deploy(isolation).await;
    let subject = Subject { tenant, isolation, password: &spec.password };
    let folder = tempfile::tempdir().unwrap();
    let tenants = Arc::new(PostgresTenants::new(&options_of(&server.postgres)).unwrap());
    let dumps = DumpFolder::new(folder.path().to_owned(), (2, FRESH_FOR), options(server), tenants);
    let mut session = server.tenant(tenant, isolation).await;
    session.run("CREATE TABLE study (name text); INSERT INTO study VALUES ('before')").await;
    let before = SystemClock.now();
    dumps.dump(subject, next(2)).await.unwrap();
    session.run("UPDATE study SET name = 'after'").await;
    dumps.save(subject, 9).await.unwrap();
    for (name, expected) in [(DumpName::BeforeRelease(2), "before"), (DumpName::BeforeRestore(9), "after")] {
        let taken_at = dumps.restore(subject, name).await.unwrap();
        assert!((taken_at - before).num_seconds().abs() < 60, "{taken_at}");
        session = server.tenant(tenant, isolation).await;
        assert_eq!(session.ask("SELECT name FROM study").await.as_deref(), Some(expected));
    }
    let missing = dumps.restore(subject, DumpName::BeforeRelease(3)).await.unwrap_err();
    assert!(matches!(missing, DumpError::Io { .. }), "{missing}");
    assert_eq!(session.ask("SELECT name FROM study").await.as_deref(), Some("after"), "nothing was emptied for it");
    drop(session);
    server.remove(tenant, isolation).await;
}
on_every_version!(a_dump_of_the_folder_comes_back_and_tells_of_when_it_is);
