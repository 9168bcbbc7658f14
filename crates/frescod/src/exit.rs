//! What the process answers to whoever started it.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | failed, or a task of the daemon ended unasked |
//! | 2 | the command line is wrong |
//! | 69 | something it needs doesn't answer: the API, the engine, a database (`EX_UNAVAILABLE`) |
//! | 78 | the configuration is wrong (`EX_CONFIG`); restarting won't help |
//! | 130 | Ctrl-C ended the watching of a deploy, which goes on (128 and the signal's number, as shells have it) |

use std::process::ExitCode;

use provisioner::container::EngineError;
use provisioner::database::DatabaseError;
use storage::StorageError;

use crate::commands::http::Refused;
use crate::commands::tenant::Unwatched;
use crate::config::{Problems, SecretError};
use crate::wiring::apps::AppsError;

pub(crate) const FAILURE: u8 = 1;
/// As clap ends it.
pub(crate) const USAGE: u8 = 2;
pub(crate) const UNAVAILABLE: u8 = 69;
pub(crate) const CONFIG: u8 = 78;
const INTERRUPTED: u8 = 130;

/// Ends of `--help`.
pub(crate) const HELP: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong command line, 69 something needed doesn't answer, 78 wrong configuration,
130 Ctrl-C ended the watching of a deploy, which goes on.";

/// How a command ended that did not fail outright.
pub(crate) type Outcome = anyhow::Result<ExitCode>;

/// Prints the failure with its causes, and gives the code that fits it.
pub(crate) fn report(outcome: Outcome) -> ExitCode {
    match outcome {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            crate::terminal::complain(&in_words(&error));
            ExitCode::from(code_of(&error))
        }
    }
}

/// The error and its causes, each once: many errors repeat their cause in their own words.
pub(crate) fn in_words(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text += &format!("\n  because: {cause}");
        }
    }
    text
}

fn code_of(error: &anyhow::Error) -> u8 {
    let of_cause = |cause: &(dyn std::error::Error + 'static)| {
        if cause.is::<Problems>() || cause.is::<SecretError>() || cause.is::<AppsError>() {
            return Some(CONFIG);
        }
        if cause.is::<Unwatched>() {
            return Some(INTERRUPTED);
        }
        let unavailable = cause.downcast_ref().is_some_and(Refused::is_outage)
            || matches!(cause.downcast_ref(), Some(EngineError::Unavailable { .. }))
            || matches!(cause.downcast_ref(), Some(StorageError::Unavailable { .. }))
            || matches!(cause.downcast_ref(), Some(DatabaseError::Unavailable { .. }))
            || cause.downcast_ref().is_some_and(|error: &reqwest::Error| {
                error.is_connect() || error.is_timeout() || error.is_request() || error.is_body()
            });
        unavailable.then_some(UNAVAILABLE)
    };
    error.chain().find_map(of_cause).unwrap_or(FAILURE)
}

/// Whether something needed did not answer: the same may work later.
pub(crate) fn is_unavailable(error: &anyhow::Error) -> bool {
    code_of(error) == UNAVAILABLE
}

/// Whoever read our output has read enough (`frescod … | head`).
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_can_mend_by_waiting_or_editing_has_a_code_of_its_own() {
        let engine = EngineError::Unavailable { action: "start", detail: "no".to_owned() };
        assert_eq!(code_of(&anyhow::Error::new(engine).context("can't begin")), UNAVAILABLE);
        assert_eq!(code_of(&Problems(vec![]).into()), CONFIG);
        assert_eq!(code_of(&anyhow::anyhow!("no")), FAILURE);
    }

    #[test]
    fn a_cause_is_not_told_twice() {
        let error = anyhow::anyhow!("the disk is full").context("can't write: the disk is full").context("no deploy");
        assert_eq!(in_words(&error), "no deploy\n  because: can't write: the disk is full");
    }
}
