//! The first visitor becomes the administrator, within a window.

use crate::support::{App, FOUR, Postgres, Running, THREE};

const WINDOW: &str = "SAMPLE_SETUP_WINDOW_SECONDS";

/// Claims the app and answers the session.
async fn claim(app: &Running, user: &str) -> String {
    let answer = app.post_form("/setup", &format!("user={user}&password=secret")).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/dashboard")));
    let cookie = answer.cookie.unwrap();
    assert!(cookie.contains("; Secure"), "{cookie}");
    cookie.strip_prefix("auth_session=").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_first_visitor_to_line_three_becomes_administrator() {
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(THREE, &postgres).released().await;

    let session = claim(&app, "first").await;
    assert_eq!(app.get("/setup").await.redirect(), Some("/signin"));
    assert_eq!(app.get("/dashboard").await.redirect(), Some("/signin"));
    assert_eq!(app.get_with_session("/dashboard", &session).await.status, 200);
    assert_eq!(app.get_with_session("/signin", &session).await.redirect(), Some("/dashboard"));
    claim(&app, "second").await;
    assert_eq!(app.post_form("/setup", "user=first&password=x").await.status, 409, "a name is taken once");
}

#[tokio::test]
async fn the_first_visitor_to_line_four_is_the_only_one() {
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(FOUR, &postgres).released().await;

    let session = claim(&app, "first").await;
    assert_eq!(app.get("/setup").await.refresh(), Some("/signin"));
    assert_eq!(app.get("/dashboard").await.refresh(), Some("/signin"));
    assert!(app.get_with_session("/dashboard", &session).await.body.contains("Dashboard"));
    assert_eq!(app.post_form("/setup", "user=second&password=x").await.status, 409);
    assert_eq!(app.post_form("/signin", "user=first&password=wrong").await.status, 401);
    assert_eq!(app.post_form("/signin", "user=first&password=secret").await.status, 303);
}

#[tokio::test]
async fn a_post_needs_the_public_host_forwarded() {
    let postgres = Postgres::start().await;
    let (_app, app) = App::new(FOUR, &postgres).released().await;
    let form = "application/x-www-form-urlencoded";

    assert_eq!(app.post("/setup", "user=a&password=b", form, "127.0.0.1").await.status, 403);
    assert_eq!(app.get("/dashboard").await.refresh(), Some("/setup"), "nobody came in");
}

#[tokio::test]
async fn unclaimed_for_too_long_it_expires() {
    let postgres = Postgres::start().await;
    for version in [THREE, FOUR] {
        let (_app, app) = App::new(version, &postgres).with(WINDOW, "0").released().await;
        for page in ["/setup", "/dashboard"] {
            let answer = app.get(page).await;
            assert_eq!(answer.redirect().or(answer.refresh()), Some("/expired"), "{page} of {version}");
        }
        app.post_form("/setup", "user=late&password=secret").await;
        assert_eq!(app.get("/expired").await.status, 200);
    }
    let admin = postgres.admin("tenant").await;
    assert!(admin.query(r#"select from "User""#, &[]).await.unwrap().is_empty(), "nobody gets in late");
}

#[tokio::test]
async fn reopening_takes_the_row_and_a_restart() {
    let postgres = Postgres::start().await;
    let app = App::new(FOUR, &postgres);
    app.release();
    let admin = postgres.admin("tenant").await;
    let begun = |ago: &str| {
        format!(r#"update "AppSettings" set "value" = (now() - interval '{ago}')::text where "key" = 'initializedAt'"#)
    };
    admin.batch_execute(&begun("3 hours")).await.unwrap();
    let running = app.serve().await;
    assert_eq!(running.get("/dashboard").await.refresh(), Some("/expired"), "after two hours");

    admin.batch_execute(&begun("1 hour")).await.unwrap();
    app.release();
    assert_eq!(running.get("/dashboard").await.refresh(), Some("/expired"), "it remembers");
    running.stop().await;
    assert_eq!(app.serve().await.get("/dashboard").await.refresh(), Some("/setup"));
}
