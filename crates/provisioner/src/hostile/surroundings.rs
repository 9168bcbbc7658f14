//! What there is on the host that a tenant could reach.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, UdpSocket};

/// Addresses and ports worth a try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The host's own addresses: the tenants' gateway first, then the one that others know it by.
    pub host: Vec<Ipv4Addr>,
    /// The same by IPv6; of link-local ones only the bridge's, which is on the tenants' link.
    pub host_v6: Vec<Ipv6Addr>,
    /// Where something on the host takes datagrams, and not on loopback only; at the gateway where it does at all addresses.
    pub datagrams: Vec<SocketAddrV4>,
    /// Ports that something on the host listens at, and not on loopback only: this process's first.
    pub listening: Vec<u16>,
    /// Who else is in the tenants' network.
    pub neighbours: Vec<Ipv4Addr>,
    /// Ports at which apps serve.
    pub app_ports: Vec<u16>,
    /// What there is more of than is tried, in words.
    pub left_out: Vec<String>,
}

/// So many of the host's addresses are tried at so many of its ports, so that a host that answers nothing is tried within
/// two minutes.
const MOST_ADDRESSES: usize = 32;
const MOST_PORTS: usize = 128;
/// A refused datagram is told of once a second.
const MOST_DATAGRAMS: usize = 24;
/// Somebody on the internet (RFC 5737), to whom nothing is sent.
const ANYBODY: (Ipv4Addr, u16) = (Ipv4Addr::new(198, 51, 100, 1), 53);

impl Surroundings {
    /// As the kernel tells it; what it doesn't tell is not tried.
    #[must_use]
    pub fn of_the_host(gateway: Ipv4Addr, bridge: &str) -> Self {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/self/net/{file}")).unwrap_or_default();
        let host = [gateway].into_iter().chain(outward()).chain(local(&read("fib_trie")));
        let (tables, own) = (read("tcp") + &read("tcp6"), own_sockets());
        let (ours, others): (Vec<_>, Vec<_>) =
            listening(&tables).into_iter().partition(|(_, socket)| own.contains(socket));
        let ports = |sockets: Vec<(u16, String)>| sockets.into_iter().map(|(port, _)| port).collect::<BTreeSet<_>>();
        let mut around = Self::default();
        let taking = datagrams(&(read("udp") + &read("udp6")), gateway);
        around.datagrams = around.at_most(MOST_DATAGRAMS, "the host's sockets for datagrams", taking.into_iter());
        let by_v6 = local_v6(&read("if_inet6"), bridge).into_iter();
        around.host_v6 = around.at_most(MOST_ADDRESSES, "the host's IPv6 addresses", by_v6);
        around.host = around.at_most(MOST_ADDRESSES, "the host's addresses", host);
        around.listening = around.at_most(MOST_PORTS, "the host's ports", ports(ours).into_iter().chain(ports(others)));
        around
    }

    /// The first of these, each once; it is noted how many are left out.
    fn at_most<T: PartialEq>(&mut self, most: usize, what: &str, all: impl Iterator<Item = T>) -> Vec<T> {
        let mut each = Vec::new();
        for one in all {
            if !each.contains(&one) {
                each.push(one);
            }
        }
        if each.len() > most {
            self.left_out.push(format!("{} of {} {what}", each.len() - most, each.len()));
            each.truncate(most);
        }
        each
    }
}

/// The address from which the host speaks to the internet.
fn outward() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Only chooses the route.
    socket.connect(ANYBODY).ok()?;
    match socket.local_addr().ok()? {
        SocketAddr::V4(address) => Some(*address.ip()),
        SocketAddr::V6(_) => None,
    }
}

/// The inodes of this process's sockets.
fn own_sockets() -> BTreeSet<String> {
    let files = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    let inode = |target: &str| Some(target.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned());
    targets.filter_map(|target| inode(target.to_str()?)).collect()
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

/// The ports in state LISTEN (0A) in tables of sockets, but those of loopback addresses, each with its socket's inode.
fn listening(text: &str) -> Vec<(u16, String)> {
    let socket = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (address, port) = words.next()?.split_once(':')?;
        let listens = words.nth(1)? == "0A";
        let port = u16::from_str_radix(port, 16).ok()?;
        let inode = words.nth(5).unwrap_or_default().to_owned();
        (listens && !is_loopback(address)).then_some((port, inode))
    };
    text.lines().filter_map(socket).collect()
}

/// Where sockets take datagrams of anybody (state 07, which is no connection), in the kernel's tables of those.
fn datagrams(text: &str, gateway: Ipv4Addr) -> BTreeSet<SocketAddrV4> {
    let socket = |line: &str| {
        let mut words = line.split_whitespace().skip(1);
        let (address, port) = words.next()?.split_once(':')?;
        let takes = words.nth(1)? == "07" && !is_loopback(address);
        let address = match kernels(address)? {
            IpAddr::V4(address) if !address.is_unspecified() => address,
            // Those of all IPv6 addresses take what comes to the others, too, unless they say that they don't.
            address if address.is_unspecified() => gateway,
            IpAddr::V4(_) | IpAddr::V6(_) => return None,
        };
        takes.then_some(SocketAddrV4::new(address, u16::from_str_radix(port, 16).ok()?))
    };
    text.lines().filter_map(socket).collect()
}

/// An address in the kernel's hexadecimal, which is words of four bytes in the machine's order.
fn kernels(hex: &str) -> Option<IpAddr> {
    let word = |number: usize| Some(u32::from_str_radix(hex.get(8 * number..8 * number + 8)?, 16).ok()?.to_ne_bytes());
    if hex.len() == 8 {
        return Some(Ipv4Addr::from(word(0)?).into());
    }
    let mut bytes = [0; 16];
    for (number, part) in bytes.chunks_mut(4).enumerate() {
        part.copy_from_slice(&word(number)?);
    }
    Some(Ipv6Addr::from(bytes).to_canonical())
}

/// The host's own IPv6 addresses in the kernel's list of them, but loopback and what is on others' links.
fn local_v6(text: &str, bridge: &str) -> BTreeSet<Ipv6Addr> {
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let address = Ipv6Addr::from(u128::from_str_radix(words.next()?, 16).ok()?);
        let reached = !address.is_unicast_link_local() || words.nth(4)? == bridge;
        (reached && !address.is_loopback()).then_some(address)
    };
    text.lines().filter_map(address).collect()
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
        let tcp = "   0: 00000000:1F90 00000000:0000 0A 0:0 0:0 0 0 0 4711 1\n   1: 0100007F:1F91 00000000:0000 0A 0\n\
                   2: 01004D0A:1538 00000000:0000 01 0\n";
        assert_eq!(listening(&format!("{head}{tcp}")), [(8080, "4711".to_owned())]);
        let six = "0: 00000000000000000000000000000000:0016 0:0 0A\n1: 00000000000000000000000001000000:0017 0:0 0A\n\
                   2: 0000000000000000FFFF00000100007F:0018 0:0 0A\n";
        assert_eq!(listening(&format!("{head}{six}")), [(22, String::new())]);
    }

    #[test]
    fn sockets_for_datagrams_and_ipv6_addresses_are_read() {
        let gateway = Ipv4Addr::new(10, 77, 0, 1);
        let udp = "  sl  local_address rem_address   st\n 1: 00000000:14E9 00000000:0000 07\n 2: 0100007F:0143 00000000:0000 07\n\
                   3: 027100CB:0044 00000000:0000 07\n 4: 027100CB:1234 08080808:0035 01\n\
                   5: 00000000000000000000000000000000:0045 00000000000000000000000000000000:0000 07\n\
                   6: 000080FE00000000000000000100A8C0:0222 00000000000000000000000000000000:0000 07\n";
        let found: Vec<_> = datagrams(udp, gateway).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["10.77.0.1:69", "10.77.0.1:5353", "203.0.113.2:68"]);
        let all = "fe800000000000000042bafffeb62a51 05 40 20 80  fresco0\nfe8000000000000000fc00fffe000001 04 40 20 80     eth0\n\
                   00000000000000000000000000000001 01 80 10 80       lo\nfd000000000000000000000000000002 04 40 00 82     eth0\n";
        let found: Vec<_> = local_v6(all, "fresco0").iter().map(ToString::to_string).collect();
        assert_eq!(found, ["fd00::2", "fe80::42:baff:feb6:2a51"]);
    }

    #[test]
    fn what_is_too_much_is_left_out_and_said() {
        let mut around = Surroundings::default();
        assert_eq!(around.at_most(2, "letters", ["b", "b", "a", "c", "d"].into_iter()), ["b", "a"]);
        assert_eq!(around.at_most(2, "others", ["b", "a"].into_iter()), ["b", "a"]);
        assert_eq!(around.left_out, ["2 of 4 letters"]);
    }

    #[test]
    fn what_this_process_listens_at_comes_first() {
        let socket = std::net::TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let around = Surroundings::of_the_host(Ipv4Addr::new(10, 77, 0, 1), "fresco0");
        assert_eq!(around.listening.first(), Some(&socket.local_addr().unwrap().port()));
    }

    #[test]
    fn this_host_has_an_address() {
        let gateway = Ipv4Addr::new(10, 77, 0, 1);
        let host = Surroundings::of_the_host(gateway, "fresco0").host;
        assert!(host[0] == gateway && host.len() <= MOST_ADDRESSES, "{host:?}");
        assert!(outward().is_none_or(|address| host[1] == address || address == gateway), "{host:?}");
    }
}
