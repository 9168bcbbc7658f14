//! Routes: the store's contract, the files on the disk, and what the real Traefik makes of files and labels.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod docker;
mod files;
mod front;
mod provider_file;
mod provider_labels;
mod static_file;
mod support;
