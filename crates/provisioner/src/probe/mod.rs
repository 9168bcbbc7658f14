//! Asks an app whether it is ready, or whether it is set up, as its manifest says: from outside, over HTTP, whatever its
//! image contains.

pub mod fake;
mod http;

use std::net::SocketAddr;

use async_trait::async_trait;
use domain::app::{ReadyProbe, Shown};
use domain::quantity::Span;

pub use http::HttpProbe;

/// Where and how to ask.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub address: SocketAddr,
    /// The public host, sent as `Host` and `X-Forwarded-Host`.
    pub host: &'a str,
    pub probe: &'a ReadyProbe,
}

/// A page to be read.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub address: SocketAddr,
    /// The public host, sent as `Host` and `X-Forwarded-Host`.
    pub host: &'a str,
    pub path: &'a str,
    pub timeout: Span,
}

/// What a page says: the beginning of its body, which may be long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Answer {
    #[must_use]
    pub fn shown(&self) -> Shown<'_> {
        Shown { status: self.status, location: self.location.as_deref(), body: &self.body }
    }
}

/// Why it is not ready, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    #[error("it refuses connections")]
    Refused,
    #[error("it does not answer within {0}")]
    TimedOut(Span),
    #[error("it answers {path} with {status}, expected {expected:?}")]
    Status { path: String, status: u16, expected: Vec<u16> },
    #[error("it can't be asked: {0}")]
    Failed(String),
}

/// One request, one answer.
#[async_trait]
pub trait Probe: std::fmt::Debug + Send + Sync {
    /// # Errors
    /// [`NotReady`] says why.
    async fn ask(&self, target: Target<'_>) -> Result<(), NotReady>;

    /// # Errors
    /// [`NotReady`] says why there is no answer; any status is one.
    async fn read(&self, page: Page<'_>) -> Result<Answer, NotReady>;
}
