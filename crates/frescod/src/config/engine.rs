//! The container engine and the tenants' network.

use std::path::PathBuf;

use domain::quantity::{Bytes, Span};
use ipnet::Ipv4Net;
use provisioner::container::NetworkName;

use super::secret::SecretFile;
use super::section::section;
use super::value::{CgroupParent, Interface};

section! {
    /// The container engine, and what all tenants' containers have in common.
    pub(crate) struct Engine as "engine" {
        /// The engine's unix socket.
        socket: PathBuf = default("/var/run/docker.sock"),
        /// Short calls at once.
        concurrency: usize = default("32") in 1..=256,
        /// Calls at once that take as long as a container does: stop, wait, events.
        long_calls: usize = default("256") in 4..=1024,
        /// Logs read from the engine at once, those that are watched and those that are kept up with.
        log_streams: usize = default("512") in 8..=4096,
        /// The longest a short call may take.
        call_timeout: Span = default("30s") in Span::seconds(1)..=Span::seconds(600),
        /// The longest an image may take to arrive.
        pull_timeout: Span = default("30m") in Span::seconds(10)..=Span::seconds(86_400),
        /// How long an image may arrive without progress.
        pull_idle: Span = default("2m") in Span::seconds(5)..=Span::seconds(3600),
        /// File with the registries' credentials, in the format of Docker's `config.json` (`auths`).
        registry_credentials_file: Option<SecretFile> = unset("/etc/frescod/secrets/registries.json"),
        /// The tenants' network; frescod makes it.
        network: NetworkName = default("fresco"),
        /// Its addresses, so many that every tenant has one: a bridge takes about 1,000.
        network_subnet: Ipv4Net = default("10.77.0.0/22"),
        /// Its interface on this host, at most 15 characters; firewall rules name it.
        network_interface: Interface = default("fresco0"),
        /// The group all tenants are in, so that they can't starve the platform: with the engine's cgroup driver `systemd`
        /// a slice, with `cgroupfs` a path such as `"/fresco.slice/fresco-tenants.slice"`. A change makes every container
        /// anew.
        cgroup_parent: Option<CgroupParent> = unset("fresco-tenants.slice"),
        /// A container's log is rotated at this size.
        log_size: Bytes = default("10MiB") in Bytes::mib(1)..=Bytes::mib(1024),
        /// So many files of a container's log are kept.
        log_files: u32 = default("3") in 1..=100,
    }
}
