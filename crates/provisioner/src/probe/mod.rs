//! Asks an app whether it is ready, as its manifest says: from outside, over HTTP, whatever its image contains.

pub mod fake;
mod http;

use std::net::SocketAddr;

use async_trait::async_trait;
use domain::app::ReadyProbe;

pub use http::HttpProbe;

/// Where and how to ask.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub address: SocketAddr,
    /// The public host, sent as `Host` and `X-Forwarded-Host`.
    pub host: &'a str,
    pub probe: &'a ReadyProbe,
}

/// Why it is not ready, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    #[error("it refuses connections")]
    Refused,
    #[error("it does not answer within {0}")]
    TimedOut(domain::quantity::Span),
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
}
