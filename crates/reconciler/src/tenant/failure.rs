//! Why a step failed, in words for the one who waits, with what to do next.

use domain::image::{ImageId, ImageReference};
use domain::quantity::Span;
use domain::tenant::plan::how_it_ended;
use provisioner::container::EngineError;
use provisioner::database::{DatabaseError, DumpError};
use provisioner::probe::NotReady;
use provisioner::routing::RouteError;
use storage::{ClaimError, SecretsError};

use super::render::RenderError;

/// A step that failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the data could not be saved before the database is changed: {0}")]
    Dump(#[from] DumpError),
    #[error("the data could not be brought back from their dump: {0}")]
    Restore(#[source] DumpError),
    #[error(transparent)]
    Route(#[from] RouteError),
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error("the platform's database did not take the result: {0}")]
    Claim(#[from] ClaimError),
    #[error("the image can't be fetched: {0}")]
    Fetch(#[source] EngineError),
    #[error("the image {0} can't be found, neither on this host nor in its registry")]
    ImageMissing(ImageReference),
    #[error("the image {reference} is no longer the one this instance was deployed with ({pinned})")]
    ImageReplaced { reference: ImageReference, pinned: ImageId },
    #[error("the image {reference} can't be deployed: {why}")]
    ImageUnfit { reference: ImageReference, why: String },
    #[error("preparing the database failed: {}", how_a_release_ended(*exit_code, *oom_killed, *deadline))]
    ReleaseFailed { exit_code: i64, oom_killed: bool, deadline: Span, lines: Vec<String> },
    #[error("preparing the database reported success, but the database does not show it")]
    ReleaseIneffective { lines: Vec<String> },
    #[error("the container engine can't start the container: {detail}")]
    CannotStart { detail: String },
    #[error("the application ended: {}", how_it_ended(*exit_code, *oom_killed))]
    Exited { exit_code: i64, oom_killed: bool, lines: Vec<String> },
    #[error("the application did not become ready within {within}: {why}")]
    NotReady { within: Span, why: NotReady, lines: Vec<String> },
    #[error("the {0} is gone in the middle of the step")]
    Vanished(&'static str),
    #[error("its owner has changed their mind meanwhile")]
    ChangedMind,
    #[error("{0} steps were done, and there is still something to do")]
    NoProgress(usize),
}

/// A release has a deadline, after which it is stopped.
fn how_a_release_ended(exit_code: i64, oom_killed: bool, deadline: Span) -> String {
    match (exit_code, oom_killed) {
        (137 | 143, false) => {
            format!("it was stopped (exit code {exit_code}), as happens after its deadline of {deadline}")
        }
        (exit_code, oom_killed) => how_it_ended(exit_code, oom_killed),
    }
}

impl StepError {
    /// Whether trying again can't help before somebody changes something.
    pub(crate) const fn is_permanent(&self) -> bool {
        match self {
            Self::Engine(error) | Self::Fetch(error) => error.is_permanent(),
            Self::Database(error) => error.is_permanent(),
            Self::Dump(error) | Self::Restore(error) => error.is_permanent(),
            Self::Render(_)
            | Self::Secrets(_)
            | Self::ImageMissing(_)
            | Self::ImageReplaced { .. }
            | Self::ImageUnfit { .. } => true,
            Self::Route(_)
            | Self::Claim(_)
            | Self::ReleaseFailed { .. }
            | Self::ReleaseIneffective { .. }
            | Self::CannotStart { .. }
            | Self::Exited { .. }
            | Self::NotReady { .. }
            | Self::Vanished(_)
            | Self::ChangedMind
            | Self::NoProgress(_) => false,
        }
    }

    /// What to do next, once the log is read where there is one.
    pub(crate) const fn remedy(&self) -> &'static str {
        match self {
            Self::Engine(EngineError::Conflict { .. }) => "remove or rename what is in the way on the host",
            Self::Engine(_) => "the operator should run `frescod doctor`",
            Self::Database(_) => "the operator should look at PostgreSQL; `frescod doctor` checks its rights",
            Self::Dump(_) | Self::Restore(_) => {
                "the operator should check the dumps' folder and PostgreSQL's client programs"
            }
            Self::Route(_) => "the operator should check the space and the rights of the routes' folder",
            Self::Claim(_) => "the platform looks again by itself",
            Self::Secrets(_) => {
                "the operator should check that the key file holds the key these secrets were sealed with"
            }
            Self::Render(_) => "change the instance's settings or image",
            Self::ImageMissing(_) => "check the image's name, and the operator's credentials for its registry",
            Self::Fetch(_) => {
                "check the image's name; the operator should check that its registry can be reached, and the credentials for it"
            }
            Self::ImageReplaced { .. } => "update the instance to the image that is there",
            Self::ImageUnfit { .. } => "use an image without it",
            Self::CannotStart { .. } => {
                "a new container is made and tried by itself; the operator can run `frescod doctor`"
            }
            Self::Exited { oom_killed: true, .. } => "give the instance more memory",
            Self::ReleaseFailed { .. }
            | Self::ReleaseIneffective { .. }
            | Self::Exited { .. }
            | Self::NotReady { .. } => "it is tried again by itself",
            Self::Vanished(_) | Self::ChangedMind | Self::NoProgress(_) => "the platform looks again by itself",
        }
    }

    /// The end of the log that shows why.
    pub(crate) fn into_lines(self) -> Vec<String> {
        match self {
            Self::ReleaseFailed { lines, .. }
            | Self::ReleaseIneffective { lines }
            | Self::Exited { lines, .. }
            | Self::NotReady { lines, .. } => lines,
            Self::Engine(_)
            | Self::Fetch(_)
            | Self::Database(_)
            | Self::Dump(_)
            | Self::Restore(_)
            | Self::Route(_)
            | Self::Render(_)
            | Self::Secrets(_)
            | Self::Claim(_)
            | Self::ImageMissing(_)
            | Self::ImageReplaced { .. }
            | Self::ImageUnfit { .. }
            | Self::CannotStart { .. }
            | Self::Vanished(_)
            | Self::ChangedMind
            | Self::NoProgress(_) => Vec::new(),
        }
    }
}
