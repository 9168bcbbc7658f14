//! Letters as they are read, and as a real mail server takes them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod examples;
mod folder;
mod injection;
mod smtp;
mod snapshots;
