//! Who did what to what, from where, with which result.
//!
//! | module | what it answers |
//! |---|---|
//! | [`actor`] | who acts: known to whatever is done within [`acting`] |
//! | [`record`] | a line, in the transaction that does what it tells of |
//! | [`list`] | pages and streams, for those who may read it |
//! | [`chain`] | how lines are sealed: bytes and hashes, nothing else |
//! | [`seal`] | seals what is new |
//! | [`verify`] | computes everything anew, and names the first line that is not as it was |
//!
//! Invariants: what changes something for people writes its line in the same transaction; no line is changed again, by rights
//! and by a trigger; those who write wait for nobody, for a seal is made afterwards.

mod actor;
mod chain;
mod list;
mod record;
mod seal;
mod verify;

pub use actor::{Actor, ActorKind, acting, attempting, identify, identify_caller};
pub use list::{AuditFilter, AuditLine};
pub use record::{AuditResult, NewEntry};
pub use verify::{Fault, Verified};

pub(crate) use actor::current as current_actor;
pub(crate) use record::record_here;
