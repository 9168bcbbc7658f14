//! What tenants may reach.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use ipnet::Ipv4Net;

/// How far tenants get into the world, besides what they need on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Egress {
    /// The public internet.
    Open,
    /// Nothing.
    Closed,
    /// These networks, private ones too if they are named; never other tenants.
    Only(Vec<Ipv4Net>),
}

/// What tenants of one bridge may reach. IPv6 is refused altogether: the tenants' network carries none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The bridge's interface.
    pub bridge: String,
    /// TCP endpoints that tenants need, as tenants reach them, wherever they stand: the database, a pooler.
    pub services: Vec<SocketAddr>,
    pub resolvers: Vec<Ipv4Addr>,
    pub egress: Egress,
    /// TCP ports that stay closed where the internet is open: those of mail.
    pub closed_ports: Vec<u16>,
}

/// Whom tenants ask for names.
#[derive(Clone, Copy, Debug)]
pub struct Resolvers;

impl Resolvers {
    /// The host's own, which the engine gives to containers; as the engine does it, those behind systemd's stub where that
    /// is the only one. What listens on a loopback address the engine asks itself: tenants need no way there.
    #[must_use]
    pub fn of_the_host() -> Vec<Ipv4Addr> {
        let read = |path: &str| std::fs::read_to_string(Path::new(path)).unwrap_or_default();
        let named = named_in(&read("/etc/resolv.conf"));
        let chosen = match named.as_slice() {
            [only] if *only == IpAddr::from([127, 0, 0, 53]) => named_in(&read("/run/systemd/resolve/resolv.conf")),
            _ => named,
        };
        reachable(&chosen)
    }
}

fn named_in(text: &str) -> Vec<IpAddr> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    lines.filter_map(|rest| rest.split_whitespace().next()?.parse().ok()).collect()
}

fn reachable(named: &[IpAddr]) -> Vec<Ipv4Addr> {
    let mut all: Vec<Ipv4Addr> = named
        .iter()
        .filter_map(|address| match address {
            IpAddr::V4(address) if !address.is_loopback() => Some(*address),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolvers_are_those_that_a_container_can_ask() {
        let text = "# nameserver 9.9.9.9\nsearch example.org\n nameserver 10.0.0.2 # ours\nnameserver 127.0.0.1\n\
                    nameserver fe80::1%eth0\nnameserver 2001:db8::1\nnameserver 10.0.0.2\nnameserver\n";
        assert_eq!(reachable(&named_in(text)), [Ipv4Addr::new(10, 0, 0, 2)]);
        assert!(named_in("").is_empty());
    }
}
