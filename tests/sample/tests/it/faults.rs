//! The faults of the serve phase.

use std::time::{Duration, Instant};

use crate::support::{App, FOUR, Postgres, THREE};

#[tokio::test]
async fn never_ready_it_is_alive_all_the_same() {
    let postgres = Postgres::start().await;
    let (_three, three) = App::new(THREE, &postgres).with("SAMPLE_NEVER_READY", "true").released().await;
    assert_eq!(three.get("/favicon.ico").await.status, 200);
    assert_eq!(three.get_with_session("/signin", "healthcheck").await.status, 500);
    let (_four, four) = App::new(FOUR, &postgres).with("SAMPLE_NEVER_READY", "true").released().await;
    assert_eq!(four.get("/api/health").await.status, 200);
    assert_eq!(four.get("/api/assets/healthcheck").await.status, 500);
}

#[tokio::test]
async fn it_crashes_with_a_word_in_the_log() {
    let postgres = Postgres::start().await;
    let (_app, mut app) = App::new(FOUR, &postgres).with("SAMPLE_CRASH_AFTER_SECONDS", "1").released().await;
    assert_eq!(app.ended().await.code(), Some(1));
    app.logged("⨯ Error: SAMPLE_CRASH_AFTER_SECONDS").await;
}

#[tokio::test]
async fn a_flood_is_numbered_without_a_gap() {
    let postgres = Postgres::start().await;
    let app = App::new(FOUR, &postgres).with("SAMPLE_FLOOD_LINES", "20000").spawn("serve");
    app.logged("flood over").await;
    let log = app.log();
    let numbers: Vec<u32> =
        log.lines().filter_map(|line| line.strip_prefix("flood ")?.get(..7)?.parse().ok()).collect();
    assert_eq!(numbers, (1..=20_000).collect::<Vec<u32>>());
}

#[tokio::test]
async fn a_flood_keeps_its_pace() {
    let postgres = Postgres::start().await;
    let app = App::new(FOUR, &postgres);
    let app = app.with("SAMPLE_FLOOD_LINES_PER_SECOND", "100").with("SAMPLE_FLOOD_LINES", "150");
    let started = Instant::now();
    app.spawn("serve").logged("flood over").await;
    assert!(started.elapsed() > Duration::from_millis(1480), "{:?}", started.elapsed());
}

#[tokio::test]
async fn it_takes_memory_and_touches_it() {
    let postgres = Postgres::start().await;
    let app = App::new(FOUR, &postgres).with("SAMPLE_HOG_MEMORY_MB", "150").spawn("serve");
    app.logged("holding 150 MB").await;
    assert!(app.resident_mb() >= 150, "{} MB", app.resident_mb());
}

#[tokio::test]
async fn it_starts_late_when_asked() {
    let postgres = Postgres::start().await;
    let app = App::new(FOUR, &postgres).with("SAMPLE_RELEASE_SECONDS", "1").with("SAMPLE_START_DELAY_SECONDS", "1");
    let started = Instant::now();
    app.spawn("start").logged("✓ Ready in 1").await;
    assert!(started.elapsed() >= Duration::from_secs(2), "{:?}", started.elapsed());
}
