//! The tenants' PostgreSQL: the contract on the fake and on every version that is installed, and what only a real one shows.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod deadline;
mod doctor;
mod drift;
mod drops;
mod dump;
mod isolation;
mod login;
mod support;
