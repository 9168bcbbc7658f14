//! One tenant, from its claim to the end of its pass.
//!
//! ```text
//! task ─► observe ─► reconcile: next_step ─► execute ─► evidence ─► next_step ─► … ─► finish
//!   └── renews the lease meanwhile; a lapsed lease drops the pass where it stands
//! ```
//!
//! [`observe`] looks at all parts at once, and only once: afterwards each step's evidence keeps the world current.
//! [`execute`] holds one call for each step. Deciding stands in `domain`, never here.

mod asked;
mod crashes;
mod execute;
mod failure;
mod keep;
mod observe;
mod pass;
mod ready;
mod receipt;
mod reconcile;
mod render;
mod report;
mod secrets;
mod task;

/// The most of a log that is read for a failure.
const FAILURE_LOG: domain::quantity::Bytes = domain::quantity::Bytes(16 << 10);

pub(crate) use execute::Versions;
pub(crate) use ready::SECOND_THOUGHT;
pub(crate) use reconcile::Signals;
pub(crate) use secrets::DATABASE_PASSWORD;
pub(crate) use task::run;
