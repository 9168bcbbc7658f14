//! The API on a real PostgreSQL, asked as its users ask it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod anything;
mod audit;
mod auth;
mod bad_input;
mod create;
mod deployments;
mod destroy;
mod device;
mod document;
mod events;
mod followers;
mod gate;
mod health;
mod idempotency;
mod list;
mod log;
mod logs;
mod mails;
mod metrics;
mod operations;
mod organisations;
mod pages;
mod plan;
mod probe;
mod problems;
mod room;
mod secrets;
mod server;
mod show;
mod signup;
mod support;
mod update;
mod wait;
mod wizard;
