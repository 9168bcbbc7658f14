//! The loop, on a real PostgreSQL with the world outside in memory.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod change;
mod clocks;
mod crash_loops;
mod crash_points;
mod drift;
mod faults;
mod first_runs;
mod lifecycle;
mod restore;
