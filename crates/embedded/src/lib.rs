//! A private PostgreSQL and Traefik as supervised child processes, and a local certificate authority for them.
//!
//! `frescod dev` and the tests need a real database and a real proxy that nobody installed as a service: this crate
//! finds the programs ([`binaries`]), starts them in folders of ours ([`postgres`], [`traefik`]), as it does with a part of
//! its owner that is to outlive it ([`sidecar`]), waits until they work, says why when they don't, and ends them, also when
//! the process that started them was killed before it could. It depends on no other crate of the workspace, reads no
//! environment variable, and knows no tenant.
//!
//! Invariants:
//! - A folder belongs to one process at a time (a lock of the kernel's, which a killed process can't leave behind).
//! - A child runs in its folder. Whoever holds the folder's lock may therefore end what still runs there from before,
//!   and nothing else is ever signalled.
//! - A value that is dropped leaves no process behind.

mod account;
pub mod binaries;
pub mod certificate;
pub mod child;
pub mod listen;
mod ping;
pub mod postgres;
pub mod sidecar;
pub mod traefik;

pub use binaries::{Places, PostgresBinaries};
pub use certificate::Authority;
pub use postgres::{Postgres, PostgresOptions};
pub use sidecar::{Sidecar, SidecarOptions};
pub use traefik::{Traefik, TraefikOptions};
