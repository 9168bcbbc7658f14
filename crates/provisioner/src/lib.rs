//! The world outside: what a deployed tenant consists of, and the calls that make, look at and remove it.
//!
//! Three parts, each behind a trait with a real implementation and a fake with fault switches, both held to the same
//! contract tests: [`container`] (the engine), [`database`] (the tenants' PostgreSQL), [`routing`] (Traefik). And
//! [`probe`], which asks an app whether it is ready; and [`usage`], which reads where the host counts.
//!
//! Invariants: `ensure_*` is idempotent; whatever removes names exactly one object by id or derived name, and only
//! after its ownership was seen; an ambiguous answer is an error, never an absence; nothing here retries.

pub mod container;
pub mod database;
mod fault;
pub mod firewall;
pub mod hostile;
pub mod probe;
pub mod routing;
pub mod usage;

/// The drivers below write what they send to `log` at debug, tenants' credentials included: no filter may let that out,
/// so it is not compiled in.
const _: () = assert!((log::STATIC_MAX_LEVEL as usize) <= (log::LevelFilter::Info as usize));
