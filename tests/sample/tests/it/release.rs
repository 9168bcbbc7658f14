//! The release phase: what it does, how it fails, and that it insists on `public`.

use crate::support::{App, FOUR, Postgres, THREE, text};

const MIGRATIONS: &str =
    r#"select migration_name from "_prisma_migrations" where finished_at is not null order by started_at"#;

async fn migrations(postgres: &Postgres) -> usize {
    postgres.admin("tenant").await.query(MIGRATIONS, &[]).await.unwrap().len()
}

#[tokio::test]
async fn it_migrates_once_and_an_upgrade_adds_to_it() {
    let postgres = Postgres::start().await;
    App::new(THREE, &postgres).release();
    App::new(THREE, &postgres).release();
    assert_eq!(migrations(&postgres).await, 2);

    App::new(FOUR, &postgres).release();
    assert_eq!(migrations(&postgres).await, 3);
    let older = App::new(THREE, &postgres).serve().await;
    assert_eq!(older.post_text("/entries", "still served").await.status, 201);
}

#[tokio::test]
async fn a_silent_one_claims_success_and_does_nothing() {
    let postgres = Postgres::start().await;
    let app = App::new(THREE, &postgres).with("SAMPLE_RELEASE_FAULT", "silent");
    let output = app.run("release");
    assert!(output.status.success());
    assert!(text(&output).contains("No migrations needed."));

    let admin = postgres.admin("tenant").await;
    let tables = admin.query("select from pg_tables where schemaname = 'public'", &[]).await.unwrap();
    assert!(tables.is_empty());
    let app = app.serve().await;
    assert_eq!(app.get("/favicon.ico").await.status, 200, "alive");
    assert_eq!(app.get_with_session("/signin", "healthcheck").await.status, 500, "never ready");
    app.logged(r#"relation "public.Session" does not exist"#).await;
}

#[tokio::test]
async fn it_fails_and_hangs_when_asked() {
    let postgres = Postgres::start().await;
    let output = App::new(FOUR, &postgres).with("SAMPLE_RELEASE_FAULT", "fail").run("release");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("⨯ Error: SAMPLE_RELEASE_FAULT: failing as asked\n    at "), "{}", text(&output));

    let mut hanging = App::new(FOUR, &postgres).with("SAMPLE_RELEASE_FAULT", "hang").spawn("start");
    hanging.logged("Generated Prisma Client").await;
    assert!(hanging.is_running());
    assert!(!hanging.log().contains("Ready"));
}

#[tokio::test]
async fn it_needs_the_generated_folder() {
    let postgres = Postgres::start().await;
    let app = App::new(FOUR, &postgres);
    std::fs::write(app.root().join("lib"), "a file where a folder should be").unwrap();
    for command in ["generate", "release", "start"] {
        let output = app.run(command);
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(text(&output).contains("lib/db/generated is not writable"), "{}", text(&output));
    }
}

#[tokio::test]
async fn line_three_migrates_over_the_pooled_url_and_line_four_over_the_direct_one() {
    let postgres = Postgres::start().await;
    let nowhere = "postgresql://tenant:secret@127.0.0.1:1/tenant";
    let three = App::new(THREE, &postgres).with("DATABASE_URL_UNPOOLED", nowhere);
    assert!(three.run("release").status.success());
    let four = App::new(FOUR, &postgres).with("DATABASE_URL_UNPOOLED", nowhere);
    assert!(text(&four.run("release")).contains("Can't reach database server"));
    assert_eq!(migrations(&postgres).await, 2, "line 4's did not run");
}

#[tokio::test]
async fn it_waits_for_prismas_lock_and_gives_up() {
    let postgres = Postgres::start().await;
    let other = postgres.admin("tenant").await;
    other.batch_execute("select pg_advisory_lock(72707369)").await.unwrap();
    let output = App::new(THREE, &postgres).run("release");
    assert!(text(&output).contains("Timed out trying to acquire a postgres advisory lock"), "{}", text(&output));
}

#[tokio::test]
async fn tables_without_a_ledger_pass_for_an_old_installation() {
    let postgres = Postgres::start().await;
    let admin = postgres.admin("tenant").await;
    admin.batch_execute("create table public.foreign_payload (id int)").await.unwrap();
    let output = App::new(THREE, &postgres).run("release");
    assert!(text(&output).contains("The database schema is not empty"));
    assert!(text(&output).contains("AppSettings"), "the first migration was marked, not run: {}", text(&output));
}

/// One shared database: schema `tenant` for the role, nothing on `public`.
async fn shared(postgres: &Postgres) -> String {
    let admin = postgres.admin("postgres").await;
    admin.batch_execute("create database shared").await.unwrap();
    let admin = postgres.admin("shared").await;
    let isolate = "create schema tenant authorization tenant; revoke all on schema public from public;
                   alter role tenant in database shared set search_path = tenant";
    admin.batch_execute(isolate).await.unwrap();
    postgres.url("tenant", "shared")
}

#[tokio::test]
async fn it_asks_for_public_whatever_url_and_search_path_say() {
    let postgres = Postgres::start().await;
    let url = shared(&postgres).await;
    for suffix in ["", "?schema=tenant", "?options=-csearch_path%3Dtenant&connection_limit=1"] {
        for version in [THREE, FOUR] {
            let output = App::on(version, &format!("{url}{suffix}")).run("release");
            assert_eq!(output.status.code(), Some(1));
            assert!(text(&output).contains("permission denied for schema public"), "{}", text(&output));
        }
    }
}

#[tokio::test]
async fn honouring_the_schema_it_lives_in_its_own() {
    let postgres = Postgres::start().await;
    let app = App::on(FOUR, &shared(&postgres).await).with("SAMPLE_HONOUR_SCHEMA", "true");
    let (_app, app) = app.released().await;
    assert_eq!(app.get("/api/assets/healthcheck").await.status, 404);
    assert_eq!(app.post_text("/entries", "in my own schema").await.status, 201);

    let admin = postgres.admin("shared").await;
    let rows = admin.query(r#"select "text" from tenant."Entry""#, &[]).await.unwrap();
    assert_eq!(rows[0].get::<_, &str>(0), "in my own schema");
    let who: serde_json::Value = serde_json::from_str(&app.get("/whoami").await.body).unwrap();
    assert_eq!(who["current_schema"], "tenant");
}
