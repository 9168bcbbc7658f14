//! The hostile probe: a program in a tenant's place that tries what a tenant must not be able to do.
//!
//! It runs in a short-lived container in the tenants' network, with a tenant's own limits, hardening and database
//! credentials, so what it can't do no app of that tenant can. The app's own image may hold nothing that could try, and
//! nothing can be fetched: the image is made of this very program and the libraries it has mapped ([`Program`]).
//!
//! ```text
//! outside: Surroundings ─► Orders ──environment──► inside: attempts ─► Report ──log, one line──► outside
//! ```
//!
//! Invariants: every attempt is harmless if it works (a connection that is closed again, a statement that is rolled back);
//! nobody beyond the host and its networks is asked: where the internet is meant, the address is one of those that RFC 5737
//! keeps for documentation; what came of an attempt is judged in `domain::hostile` and nowhere else.
//!
//! To add an attempt: to `inside/`, and what it must know of the outside to [`Orders`].

mod inside;
mod orders;
mod program;
mod surroundings;

pub use inside::try_everything;
pub use orders::{Connections, DatabaseOrders, Orders, ProcessOrders};
pub use program::{Program, ProgramError};
pub use surroundings::Surroundings;
