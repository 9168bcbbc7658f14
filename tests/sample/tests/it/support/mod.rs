//! What every test here starts from: a database of its own and the app beside it.

mod app;
mod container;
mod postgres;

use std::time::{Duration, Instant};

pub(crate) use app::{App, FOUR, Running, THREE, text};
pub(crate) use container::{Container, build_images, docker, image};
pub(crate) use postgres::Postgres;

/// How long a condition may take to come true before a test gives up.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until `probe` answers something.
pub(crate) async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
