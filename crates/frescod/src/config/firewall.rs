//! What tenants may reach.

use std::net::{Ipv4Addr, SocketAddrV4};

use provisioner::firewall::{Backend, Egress};

use super::section::section;
use super::value::List;

section! {
    /// What tenants may reach from their network; `frescod firewall apply` makes it so. The database (and the pooler) of
    /// `[tenants]` they always reach, other tenants and the rest of this host never.
    pub(crate) struct Firewall as "firewall" {
        /// How far they get into the world: `"open"` (the public internet, no private network and no metadata service),
        /// `"none"`, or a list of networks such as `["203.0.113.0/24"]`, private ones too if they are named.
        egress: Egress = default("open"),
        /// TCP ports that stay closed all the same: those of mail.
        closed_ports: List<u16> = default("[25, 465, 587]"),
        /// Whom they may ask for names; `[]`: the resolvers of this host's `resolv.conf`, which the engine gives them.
        resolvers: List<Ipv4Addr> = default("[]"),
        /// TCP endpoints they may reach besides, on this host or in private networks, such as a store for files:
        /// `["10.0.0.9:9000"]`.
        allow: List<SocketAddrV4> = default("[]"),
        /// The programs that change the packet filter: `"iptables"` is what the host calls so, and what the engine uses.
        backend: Backend = default("iptables"),
    }
}
