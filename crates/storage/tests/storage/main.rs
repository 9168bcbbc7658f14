//! The platform's tables on a real PostgreSQL, each test with a cluster of its own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod audit;
mod bootstrap;
mod claims;
mod doorbell;
mod expected;
mod finish;
mod first_runs;
mod idempotency;
mod mails;
mod operations;
mod operator_keys;
mod rate_limits;
mod removal;
mod restores;
mod rights;
mod row_security;
mod secrets;
mod sessions;
mod signups;
mod sizes;
mod support;
mod tenants;
mod transactions;
mod upkeep;
mod usage;
mod usual;
