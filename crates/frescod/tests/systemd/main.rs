//! The units and the installer on hosts where systemd is process 1, each a container of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod installer;
mod machine;
mod privileges;
mod supervision;
mod tenants;
