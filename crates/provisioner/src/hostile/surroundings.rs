//! What there is on the host that a tenant could reach.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Addresses and ports worth a try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The host's own addresses, the tenants' gateway first.
    pub host: Vec<Ipv4Addr>,
    /// Ports that something on the host listens at, and not on loopback only.
    pub listening: Vec<u16>,
    /// Who else is in the tenants' network.
    pub neighbours: Vec<Ipv4Addr>,
    /// Ports at which apps serve.
    pub app_ports: Vec<u16>,
}

/// So many of the host's addresses are tried: one that has more has a bridge for each.
const MOST_ADDRESSES: usize = 8;
const MOST_PORTS: usize = 64;

impl Surroundings {
    /// As the kernel tells it; what it doesn't tell is not tried.
    #[must_use]
    pub fn of_the_host(gateway: Ipv4Addr) -> Self {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/net/{file}")).unwrap_or_default();
        let mut host = vec![gateway];
        host.extend(local(&read("fib_trie")).into_iter().filter(|address| *address != gateway));
        host.truncate(MOST_ADDRESSES);
        let ports: BTreeSet<u16> = listening(&read("tcp")).into_iter().chain(listening(&read("tcp6"))).collect();
        Self { host, listening: ports.into_iter().take(MOST_PORTS).collect(), ..Self::default() }
    }
}

/// The host's own addresses in the routing table's print.
fn local(text: &str) -> BTreeSet<Ipv4Addr> {
    let mut all = BTreeSet::new();
    let mut last = None;
    for line in text.lines().map(str::trim) {
        if let Some(leaf) = line.strip_prefix("|-- ") {
            last = leaf.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL" {
            all.extend(last.filter(|address| !address.is_loopback()));
        }
    }
    all
}

/// The ports in state LISTEN (0A) in a table of sockets, but those of loopback addresses.
fn listening(text: &str) -> Vec<u16> {
    let socket = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (address, port) = words.next()?.split_once(':')?;
        let listens = words.nth(1)? == "0A";
        let port = u16::from_str_radix(port, 16).ok()?;
        (listens && !is_loopback(address)).then_some(port)
    };
    text.lines().skip(1).filter_map(socket).collect()
}

/// Whether the kernel's hexadecimal is 127.0.0.0/8, `::1`, or the first written as the second.
fn is_loopback(hex: &str) -> bool {
    const ONE: &str = "00000000000000000000000001000000";
    const MAPPED: &str = "0000000000000000FFFF0000";
    hex == ONE || hex.strip_prefix(MAPPED).unwrap_or(hex).len() == 8 && hex.ends_with("7F")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.77.0.1\n        /32 host LOCAL\n     |-- 10.77.0.0\n        \
                    /22 link UNICAST\n     |-- 127.0.0.1\n        /32 host LOCAL\n";
        assert_eq!(Vec::from_iter(local(trie)), [Ipv4Addr::new(10, 77, 0, 1)]);
        let head = "  sl  local_address rem_address   st tx_queue\n";
        let tcp = "   0: 00000000:1F90 00000000:0000 0A 0\n   1: 0100007F:1F91 00000000:0000 0A 0\n\
                   2: 01004D0A:1538 00000000:0000 01 0\n";
        assert_eq!(listening(&format!("{head}{tcp}")), [8080]);
        let six = "0: 00000000000000000000000000000000:0016 0:0 0A\n1: 00000000000000000000000001000000:0017 0:0 0A\n\
                   2: 0000000000000000FFFF00000100007F:0018 0:0 0A\n";
        assert_eq!(listening(&format!("{head}{six}")), [22]);
    }

    #[test]
    fn this_host_has_an_address() {
        let gateway = Ipv4Addr::new(10, 77, 0, 1);
        let host = Surroundings::of_the_host(gateway).host;
        assert!(host[0] == gateway && host.len() <= MOST_ADDRESSES, "{host:?}");
    }
}
