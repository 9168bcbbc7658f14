//! The program as its users meet it: exit codes, and a whole platform by `frescod dev`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod browser;
mod change;
mod chaos;
mod cli;
mod daemon;
mod dev;
mod dice;
mod drift;
mod engine_faults;
mod engine_proxy;
mod engine_view;
mod events;
mod firewall;
mod full_disk;
mod gate;
mod hogs;
mod holes;
mod host;
mod intruder;
mod isolation;
mod kill;
mod login;
mod logs;
mod many;
mod monitoring;
mod operator;
mod people;
mod ports;
mod private_engine;
mod probe;
mod restarts;
mod roles;
mod rollback;
mod secrets;
mod servers;
mod support;
mod tenant;
mod visitors;
mod wall_clock;
