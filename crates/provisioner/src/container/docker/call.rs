//! One call: under a budget and a deadline, its failure read by what it means for the one who asked.

use std::error::Error as _;
use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use bollard::errors::Error;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::DockerEngine;
use crate::container::EngineError;

/// What is asked, and about what; the words of an error.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    action: &'static str,
    what: String,
}

impl Ask {
    pub(super) fn new(action: &'static str, what: impl Display) -> Self {
        Self { action, what: what.to_string() }
    }

    pub(super) fn container(action: &'static str, container: impl Display) -> Self {
        Self::new(action, format_args!("container {container}"))
    }

    pub(super) fn unavailable(&self, detail: impl Into<String>) -> EngineError {
        EngineError::Unavailable { action: self.action, detail: detail.into() }
    }

    pub(super) fn refused(&self, detail: impl Into<String>) -> EngineError {
        EngineError::Refused { action: self.action, detail: detail.into() }
    }

    pub(super) fn conflict(&self, detail: impl Into<String>) -> EngineError {
        EngineError::Conflict { what: self.what.clone(), detail: detail.into() }
    }

    pub(super) fn not_found(&self) -> EngineError {
        EngineError::NotFound { what: self.what.clone() }
    }

    /// An answer that lacks what every engine sends. Not knowing is not absence.
    pub(super) fn lacks(&self, field: &str) -> EngineError {
        self.unavailable(format!("its answer lacks {field}"))
    }

    /// Reads a failure.
    pub(super) fn fault(&self, error: &Error) -> EngineError {
        let Error::DockerResponseServerError { status_code, message } = error else {
            return self.unavailable(with_sources(error));
        };
        match status_code {
            404 => self.not_found(),
            409 => self.conflict(message),
            408 | 429 => self.unavailable(message),
            400..=499 => self.refused(message),
            _ => self.unavailable(format!("{message} (status {status_code})")),
        }
    }
}

/// bollard's errors leave the reason to their sources.
fn with_sources(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

/// The engine's status and words, if it refused.
pub(super) fn refusal(error: &Error) -> Option<(u16, &str)> {
    let Error::DockerResponseServerError { status_code, message } = error else { return None };
    Some((*status_code, message))
}

impl DockerEngine {
    /// A call that answers at once.
    pub(super) async fn call<T>(
        &self,
        ask: &Ask,
        call: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, EngineError> {
        self.call_raw(ask, call).await?.map_err(|error| ask.fault(&error))
    }

    /// The same, for one who reads the failure.
    pub(super) async fn call_raw<T>(
        &self,
        ask: &Ask,
        call: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<Result<T, Error>, EngineError> {
        within(ask, &self.short, self.options.call_timeout, call).await
    }

    /// A call that takes `extra` longer than others.
    pub(super) async fn long_call<T>(
        &self,
        ask: &Ask,
        extra: Duration,
        call: impl Future<Output = Result<T, Error>> + Send,
    ) -> Result<T, EngineError> {
        let deadline = self.options.call_timeout.saturating_add(extra);
        within(ask, &self.long, deadline, call).await?.map_err(|error| ask.fault(&error))
    }
}

/// Runs `call` when there is room, and gives up on both together after `deadline`.
async fn within<T>(
    ask: &Ask,
    room: &Semaphore,
    deadline: Duration,
    call: impl Future<Output = T>,
) -> Result<T, EngineError> {
    let queued = async {
        let _permit = room.acquire().await.map_err(|_closed| ask.unavailable("it is being shut down"))?;
        Ok(call.await)
    };
    let began = Instant::now();
    let answer = timeout(deadline, queued).await;
    let outcome = if answer.is_ok() { "answered" } else { "timed_out" };
    metrics::histogram!("fresco_engine_call_seconds", "call" => ask.action, "outcome" => outcome)
        .record(began.elapsed());
    answer.map_err(|_elapsed| ask.unavailable(format!("no answer within {deadline:?}")))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status_code: u16) -> EngineError {
        let error = Error::DockerResponseServerError { status_code, message: "words".to_owned() };
        Ask::container("start", "x").fault(&error)
    }

    #[test]
    fn only_a_clear_no_is_a_no() {
        assert!(matches!(read(404), EngineError::NotFound { what } if what == "container x"));
        assert!(matches!(read(409), EngineError::Conflict { .. }));
        assert!(matches!(read(400), EngineError::Refused { .. }));
        for ambiguous in [408, 429, 500, 503] {
            assert!(matches!(read(ambiguous), EngineError::Unavailable { .. }), "{ambiguous}");
        }
        let cut = Error::IOError { err: std::io::Error::other("broken pipe") };
        assert!(matches!(Ask::container("start", "x").fault(&cut), EngineError::Unavailable { .. }));
    }

    #[tokio::test]
    async fn waiting_for_room_counts_against_the_deadline() {
        let room = Semaphore::new(0);
        let answer = within(&Ask::new("look", "x"), &room, Duration::from_millis(5), async { 1 }).await;
        assert!(matches!(answer, Err(EngineError::Unavailable { .. })));
    }
}
