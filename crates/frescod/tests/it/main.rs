//! The program as its users meet it: exit codes, and a whole platform by `frescod dev`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cli;
mod dev;
mod firewall;
mod gate;
mod host;
mod intruder;
mod isolation;
mod kill;
mod many;
mod operator;
mod probe;
mod roles;
mod secrets;
mod servers;
mod support;
mod tenant;
