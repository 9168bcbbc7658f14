//! What the program inside is told to try.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use domain::hostile::Check;
use serde::{Deserialize, Serialize};

use super::Surroundings;
use crate::firewall::{Egress, Policy};

/// All it needs to know; secrets aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    pub connections: Vec<Connections>,
    /// Sockets of the host that a datagram must not reach.
    pub datagrams: Vec<SocketAddr>,
    /// What is not tried for being too much, in words.
    pub left_out: Vec<String>,
    pub database: DatabaseOrders,
    pub process: ProcessOrders,
}

/// Each of these addresses at each of these ports; none of them may answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connections {
    pub check: Check,
    pub addresses: Vec<IpAddr>,
    pub ports: Vec<u16>,
    /// But what a tenant may reach.
    pub except: Vec<SocketAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseOrders {
    /// The platform's own database, in case it is on the same server.
    pub platform: String,
    /// The one role a tenant may be a member of.
    pub group: String,
    /// Whether it shares its database with others.
    pub shares: bool,
}

/// How its container was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessOrders {
    pub pids: u32,
    pub memory: u64,
    pub read_only: bool,
    pub unprivileged: bool,
}

/// Ports that are worth a try whether or not something seems to listen.
const COMMON: [u16; 16] = [22, 53, 80, 111, 443, 2049, 3306, 5432, 6379, 8080, 8082, 8088, 9090, 9100, 10250, 11211];
/// The same of datagrams. Few: the kernel tells of a refusal once a second, after the first six.
const COMMON_DATAGRAMS: [u16; 3] = [53, 123, 161];
const ENGINE: [u16; 4] = [2375, 2376, 2377, 4243];
const METADATA: [Ipv4Addr; 3] =
    [Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::new(169, 254, 170, 2), Ipv4Addr::new(100, 100, 100, 200)];
/// Where a private network's routers and servers often are, in each range.
const PRIVATE: [Ipv4Addr; 8] = [
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(10, 255, 255, 254),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(172, 31, 255, 254),
    Ipv4Addr::new(192, 168, 0, 1),
    Ipv4Addr::new(192, 168, 1, 1),
    Ipv4Addr::new(100, 64, 0, 1),
    Ipv4Addr::new(198, 18, 0, 1),
];
const PRIVATE_PORTS: [u16; 4] = [22, 80, 443, 5432];
/// Public as far as rules are concerned, and nobody's (RFC 5737).
const NOBODY: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);
const TENANTS_PORTS: [u16; 3] = [22, 80, 443];

impl Connections {
    /// Whatever the policy refuses and can be tried.
    #[must_use]
    pub fn all(policy: &Policy, around: &Surroundings) -> Vec<Self> {
        let host = || around.host.clone();
        let group = |check, addresses: Vec<Ipv4Addr>, ports: &[&[u16]]| Self::group(policy, (check, addresses), ports);
        let private =
            PRIVATE.into_iter().filter(|address| !around.host.contains(address) && !is_named(policy, *address));
        let mut all = vec![
            group(Check::OtherTenants, around.neighbours.clone(), &[&around.app_ports, &TENANTS_PORTS]),
            group(Check::Host, host(), &[&around.listening, &COMMON]),
            group(Check::Engine, host(), &[&ENGINE]),
            Self::by_ipv6(Check::Host, &around.host_v6, &[&around.listening, &COMMON]),
            Self::by_ipv6(Check::Engine, &around.host_v6, &[&ENGINE]),
            group(Check::PrivateNetworks, private.collect(), &[&PRIVATE_PORTS]),
            group(Check::Metadata, METADATA.into_iter().filter(|a| !is_named(policy, *a)).collect(), &[&[80]]),
        ];
        let open = policy.egress == Egress::Open || is_named(policy, NOBODY);
        all.push(group(Check::Mail, vec![NOBODY], &[&policy.closed_ports]));
        if !open {
            all.push(group(Check::Internet, vec![NOBODY], &[&[80, 443]]));
        }
        all.retain(|group| !group.addresses.is_empty() && !group.ports.is_empty());
        all
    }

    fn group(policy: &Policy, (check, addresses): (Check, Vec<Ipv4Addr>), ports: &[&[u16]]) -> Self {
        let except = policy.services.iter().copied().chain(resolvers(policy)).collect();
        let addresses = addresses.into_iter().map(IpAddr::V4).collect();
        Self { check, addresses, ports: each(ports), except }
    }

    /// Nothing is allowed that way.
    fn by_ipv6(check: Check, addresses: &[Ipv6Addr], ports: &[&[u16]]) -> Self {
        let addresses = addresses.iter().copied().map(IpAddr::V6).collect();
        Self { check, addresses, ports: each(ports), except: vec![] }
    }

    /// What is to be tried by datagrams: the host's sockets, and what is usual at the gateway.
    #[must_use]
    pub fn datagrams(policy: &Policy, around: &Surroundings) -> Vec<SocketAddr> {
        let gateway = around.host.first().copied();
        let usual =
            gateway.into_iter().flat_map(|gateway| COMMON_DATAGRAMS.map(|port| SocketAddrV4::new(gateway, port)));
        let mut all: Vec<_> = around.datagrams.iter().copied().chain(usual).map(SocketAddr::V4).collect();
        all.sort_unstable();
        all.dedup();
        all.retain(|target| !resolvers(policy).any(|resolver| resolver == *target));
        all
    }

    /// One by one.
    pub(super) fn targets(&self) -> impl Iterator<Item = SocketAddr> {
        let each =
            |address: &IpAddr| self.ports.iter().map(|port| SocketAddr::new(*address, *port)).collect::<Vec<_>>();
        self.addresses.iter().flat_map(each).filter(|target| !self.except.contains(target))
    }
}

fn each(ports: &[&[u16]]) -> Vec<u16> {
    let mut ports = ports.concat();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn resolvers(policy: &Policy) -> impl Iterator<Item = SocketAddr> {
    policy.resolvers.iter().map(|address| SocketAddr::from((*address, 53)))
}

/// Whether the policy lets tenants there by name.
fn is_named(policy: &Policy, address: Ipv4Addr) -> bool {
    matches!(&policy.egress, Egress::Only(networks) if networks.iter().any(|network| network.contains(&address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(egress: Egress) -> Policy {
        Policy {
            bridge: "fresco0".to_owned(),
            services: vec!["10.77.0.1:5432".parse().unwrap()],
            resolvers: vec![Ipv4Addr::new(10, 0, 0, 1)],
            egress,
            closed_ports: vec![25],
        }
    }

    fn around() -> Surroundings {
        Surroundings {
            host: vec![Ipv4Addr::new(10, 77, 0, 1), Ipv4Addr::new(192, 168, 1, 1)],
            listening: vec![5432, 8099],
            host_v6: vec!["fe80::1".parse().unwrap()],
            datagrams: vec!["10.77.0.1:5353".parse().unwrap(), "192.168.1.1:53".parse().unwrap()],
            neighbours: vec![Ipv4Addr::new(10, 77, 0, 3)],
            app_ports: vec![3000, 80],
            left_out: vec![],
        }
    }

    fn targets(egress: Egress, check: Check) -> Vec<String> {
        let all = Connections::all(&policy(egress), &around());
        all.iter().filter(|group| group.check == check).flat_map(Connections::targets).map(|t| t.to_string()).collect()
    }

    #[test]
    fn what_a_tenant_may_reach_is_not_tried_and_all_else_is() {
        let host = targets(Egress::Open, Check::Host);
        assert!(host.contains(&"10.77.0.1:8099".to_owned()) && host.contains(&"192.168.1.1:5432".to_owned()));
        assert!(!host.contains(&"10.77.0.1:5432".to_owned()), "its database");
        assert!(host.contains(&"[fe80::1]:5432".to_owned()), "its database is reached by IPv4 alone");
        assert!(targets(Egress::Open, Check::Engine).contains(&"[fe80::1]:2375".to_owned()));
        let others = ["10.77.0.3:22", "10.77.0.3:80", "10.77.0.3:443", "10.77.0.3:3000"];
        assert_eq!(targets(Egress::Open, Check::OtherTenants), others);
        assert_eq!(targets(Egress::Open, Check::Mail), ["198.51.100.1:25"]);
        assert!(targets(Egress::Open, Check::Internet).is_empty());
        assert_eq!(targets(Egress::Closed, Check::Internet), ["198.51.100.1:80", "198.51.100.1:443"]);
        let private = targets(Egress::Only(vec!["172.16.0.0/12".parse().unwrap()]), Check::PrivateNetworks);
        assert!(private.iter().all(|target| !target.starts_with("172.") && !target.starts_with("192.168.1.1:")));
        assert!(private.contains(&"10.0.0.1:22".to_owned()));
    }

    #[test]
    fn datagrams_go_to_the_hosts_sockets_and_to_no_resolver_of_theirs() {
        let mut policy = policy(Egress::Open);
        let shown = |policy: &Policy| {
            Connections::datagrams(policy, &around()).iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let usual = ["10.77.0.1:53", "10.77.0.1:123", "10.77.0.1:161", "10.77.0.1:5353"];
        assert_eq!(shown(&policy), [&usual[..], &["192.168.1.1:53"]].concat());
        policy.resolvers.push(Ipv4Addr::new(192, 168, 1, 1));
        assert_eq!(shown(&policy), usual);
    }
}
