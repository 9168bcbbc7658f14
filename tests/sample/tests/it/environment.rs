//! A wrong environment looks healthy until somebody asks.

use crate::support::{App, FOUR, Postgres, THREE, text};

#[tokio::test]
async fn a_wrong_environment_says_ready_and_answers_500() {
    let postgres = Postgres::start().await;
    for version in [THREE, FOUR] {
        for (name, value) in
            [("PUBLIC_URL", ""), ("PUBLIC_URL", "study"), ("SANDBOX_MODE", ""), ("DISABLE_ANALYTICS", "1")]
        {
            let app = App::new(version, &postgres).with(name, value);
            app.release();
            let app = app.serve().await;
            assert_eq!(app.get("/").await.status, 308);
            for page in
                ["/setup", "/signin", "/dashboard", "/entries", "/nowhere", "/api/health", "/api/assets/healthcheck"]
            {
                let status = app.get(page).await.status;
                assert_eq!(status, 500, "{page} of {version} with {name}={value}");
            }
            app.logged(&format!("⨯ Error: Invalid environment variables: {name}")).await;
        }
    }
}

#[tokio::test]
async fn both_database_urls_must_be_there() {
    let postgres = Postgres::start().await;
    App::new(FOUR, &postgres).release();
    for name in ["DATABASE_URL", "DATABASE_URL_UNPOOLED"] {
        let app = App::new(FOUR, &postgres).without(name);
        assert!(text(&app.run("release")).contains(&format!("{name}: Required")));
        assert_eq!(app.serve().await.get("/api/health").await.status, 500);
    }
}

#[tokio::test]
async fn what_is_absent_is_fine() {
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(FOUR, &postgres).without("PUBLIC_URL").with("SANDBOX_MODE", "true").released().await;
    assert_eq!(app.get("/api/health").await.status, 200);
}

#[tokio::test]
async fn a_misspelt_switch_or_command_ends_it() {
    let postgres = Postgres::start().await;
    let output = App::new(FOUR, &postgres).with("SAMPLE_NEVER_READY", "yes").run("serve");
    assert!(text(&output).contains("SAMPLE_NEVER_READY=\"yes\" is not understood: give true or false"));
    assert_eq!(App::new(FOUR, &postgres).run("sevre").status.code(), Some(2));
}

#[tokio::test]
async fn it_says_what_it_cannot_write() {
    let postgres = Postgres::start().await;
    let app = App::new(FOUR, &postgres);
    std::fs::remove_dir(app.root().join(".next/cache")).unwrap();
    let output = app.run("serve");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains(".next/cache is not writable"), "{}", text(&output));
}
