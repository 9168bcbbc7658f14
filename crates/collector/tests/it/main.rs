//! The collector on a fake engine: lines are numbered, so what is lost or doubled is counted.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod full_disk;
mod keeping;
mod pages;
mod remote;
mod removal;
mod resuming;
mod slow_disk;
mod watching;
