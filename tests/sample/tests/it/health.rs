//! The health table of both lines: fresh, and with the database gone.

use crate::support::{App, FOUR, Postgres, THREE};

#[tokio::test]
async fn line_three_is_asked_by_cookie_and_tells_by_status() {
    let mut postgres = Postgres::start().await;
    let (_app, app) = App::new(THREE, &postgres).released().await;

    let root = app.get("/").await;
    assert_eq!((root.status, root.location), (308, None), "useless, always");
    assert_eq!(app.get("/favicon.ico").await.status, 200);
    assert_eq!(app.get_with_session("/signin", "healthcheck").await.status, 200);
    assert_eq!(app.get("/setup").await.status, 200);
    assert_eq!(app.get("/dashboard").await.redirect(), Some("/setup"));
    assert_eq!(app.get("/api/health").await.status, 404, "line 4's only");
    assert_eq!(root.hsts, None);

    postgres.stop().await;
    assert_eq!(app.get("/").await.status, 308, "even with the database down");
    assert_eq!(app.get("/favicon.ico").await.status, 200);
    assert_eq!(app.get("/signin").await.status, 200, "without the cookie nothing is asked");
    assert_eq!(app.get_with_session("/signin", "healthcheck").await.status, 500);
    assert_eq!(app.get("/setup").await.status, 500);
    app.logged("⨯ Error: Can't reach database server").await;
    assert!(app.log().contains("prisma:error"));
}

#[tokio::test]
async fn line_four_is_asked_by_a_missing_asset_and_tells_in_the_body() {
    let mut postgres = Postgres::start().await;
    let (_app, app) = App::new(FOUR, &postgres).released().await;

    let root = app.get("/").await;
    assert_eq!((root.status, root.location), (308, None), "useless, always");
    assert_eq!(app.get("/api/health").await.status, 200);
    assert_eq!(app.get("/api/assets/healthcheck").await.status, 404);
    assert_eq!(app.get("/setup").await.refresh(), None);
    let dashboard = app.get("/dashboard").await;
    assert_eq!(dashboard.refresh(), Some("/setup"));
    for answer in [root.hsts, dashboard.hsts, app.get("/nowhere").await.hsts] {
        assert_eq!(answer.as_deref(), Some("max-age=63072000; includeSubDomains"));
    }

    postgres.stop().await;
    assert_eq!(app.get("/").await.status, 308, "even with the database down");
    assert_eq!(app.get("/api/health").await.status, 200, "asks no database");
    assert_eq!(app.get("/api/assets/healthcheck").await.status, 500);
    let dashboard = app.get("/dashboard").await;
    assert_eq!((dashboard.status, dashboard.refresh()), (200, None), "pages answer 200 always");
}
