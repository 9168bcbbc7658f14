//! The sample app as its own process against a real PostgreSQL: every habit other tests lean on, in both lines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where by panicking")]

mod support;

mod data;
mod environment;
mod faults;
mod first_run;
mod health;
mod image;
mod release;
mod signals;
