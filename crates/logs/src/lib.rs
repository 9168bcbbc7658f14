//! What can be asked of tenants' logs.
//!
//! The worker's process has them; the API asks. [`LogSource`] is the question, whoever answers: the collector where both are one
//! process, a [`Remote`] where the worker is another.
//!
//! Invariants: an answer is bounded, whatever is asked; a stream that ends says why in its last frame.

pub mod outside;
mod query;
mod remote;
mod serve;
mod slot;
mod wire;

use async_trait::async_trait;
use bytes::Bytes;
use domain::TenantId;
use domain::log::{FilterError, LogCursor, Wanted};
use futures_util::stream::BoxStream;
use serde::{Deserialize, Serialize};

pub use query::{LogPage, LogQuery, Place};
pub use remote::Remote;
pub use serve::{listen, serve};
pub use slot::Slot;

/// Whoever has the logs. Who may read which is decided before.
#[async_trait]
pub trait LogSource: std::fmt::Debug + Send + Sync {
    /// A page of a tenant's log, in its order. Of a tenant that has said nothing the page is empty.
    ///
    /// # Errors
    /// [`LogsError`].
    async fn read(&self, tenant: TenantId, query: LogQuery) -> Result<LogPage, LogsError>;

    /// What a tenant says from now on, or after a line.
    ///
    /// # Errors
    /// [`LogsError`]; what goes wrong later is told by the last frame.
    async fn watch(&self, tenant: TenantId, watch: Watch) -> Result<Frames, LogsError>;
}

/// Each is the JSON of one [`domain::log::LogFrame`].
pub type Frames = BoxStream<'static, Bytes>;

/// What somebody wants to see as it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The last entry they have; `None`: what comes from now on.
    pub after: Option<LogCursor>,
    #[serde(flatten)]
    pub wanted: Wanted,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogsError {
    #[error("the line of that cursor is not kept (any more)")]
    CursorGone,
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// It may pass.
    #[error("the logs can't be read now: {0}")]
    Unavailable(String),
}
