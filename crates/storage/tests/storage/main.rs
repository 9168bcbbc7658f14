//! The platform's tables on a real PostgreSQL, each test with a cluster of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bootstrap;
mod claims;
mod doorbell;
mod finish;
mod operations;
mod operator_keys;
mod removal;
mod restores;
mod rights;
mod secrets;
mod support;
mod tenants;
mod transactions;
