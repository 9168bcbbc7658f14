//! The harness: real parts for the suites, started for one test and gone with it.
//!
//! [`fakes`] is a loop that turns on a PostgreSQL with the platform's tables, with the world outside in memory, [`mortal`] a
//! way to die at any call to that world.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by panicking")]

pub mod fakes;
pub mod mortal;

use std::future::Future;
use std::time::Duration;

/// Asks again until it answers; panics with `what` after `deadline`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(
    what: &str,
    deadline: Duration,
    mut ask: impl FnMut() -> F,
) -> T {
    let asked = tokio::time::timeout(deadline, async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    asked.await.unwrap_or_else(|_| panic!("not within {deadline:?}: {what}"))
}
