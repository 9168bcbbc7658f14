//! From a policy to rules, each as `iptables-save` prints it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::{Egress, Policy};

/// Where the engine lets others decide before it does.
pub(super) const DOCKER_USER: &str = "DOCKER-USER";
pub(super) const FORWARD: &str = "FORWARD";
const INPUT: &str = "INPUT";

/// The most ports that one rule takes.
const PORTS_A_RULE: usize = 15;

/// Ranges that are no public internet: this network, private ones, carriers', loopback, link-local with the metadata
/// address, protocol assignments, benchmarks, multicast, reserved. (RFC 6890; the documentation's ranges lead nowhere and
/// stay open: the hostile probe asks there whether a port is closed, and disturbs nobody.)
const NOT_PUBLIC: [&str; 11] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// Not what goes the way in which the connection was opened: that is asked the other rules packet by packet, so that none
/// outlives a moment without rules.
const REPLIES: &str = "-m conntrack --ctstate RELATED,ESTABLISHED --ctdir REPLY -j RETURN";
const ANSWERS: &str = "answers to open connections pass";
const THE_REST: &str = "what nothing allows is refused";

/// Our chains of a bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From tenants to other machines, containers and tenants.
    Out,
    /// From others to tenants.
    To,
    /// From tenants to the host.
    Host,
    /// Refuses.
    Refuse,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Out, Self::To, Self::Host, Self::Refuse];

    /// At most 12 characters (`FRESCO-HOST-`) before the bridge's 15: a chain's name has 28 at most.
    pub(super) fn chain(self, bridge: &str) -> String {
        let kind = match self {
            Self::Out => "OUT",
            Self::To => "TO",
            Self::Host => "HOST",
            Self::Refuse => "DENY",
        };
        format!("FRESCO-{kind}-{bridge}")
    }
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// As `iptables-save` prints it behind `-A CHAIN`.
    pub(super) text: String,
    /// What holds with it, for people.
    pub(super) purpose: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) rules: Vec<Rule>,
}

/// Packets by the side of the bridge that they are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    /// They come in by the bridge.
    FromTenants,
    /// They go out by it.
    ToTenants,
}

/// The line of somebody else's chain that leads to ours. It must come before anything that lets such packets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hook {
    pub(super) parent: &'static str,
    pub(super) traffic: &'static [Traffic],
    pub(super) rule: Rule,
}

/// All rules of one protocol family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruleset {
    pub(super) bridge: String,
    /// A chain is named by those after it, never before: `iptables-restore` wants it declared.
    pub(super) chains: Vec<Chain>,
    pub(super) hooks: Vec<Hook>,
}

impl Ruleset {
    #[must_use]
    pub fn v4(policy: &Policy) -> Self {
        let bridge = &policy.bridge;
        let named = |kind: Kind, rules| Chain { name: kind.chain(bridge), rules };
        let from = |parent, kind: Kind, purpose| Hook {
            parent,
            traffic: &[Traffic::FromTenants],
            rule: Rule { text: format!("-i {bridge} -j {}", kind.chain(bridge)), purpose },
        };
        let to = Hook {
            parent: DOCKER_USER,
            traffic: &[Traffic::ToTenants],
            rule: Rule {
                text: format!("! -i {bridge} -o {bridge} -j {}", Kind::To.chain(bridge)),
                purpose: "only this host reaches tenants",
            },
        };
        // The engine makes this line, too, and keeps it first; without one, or with one that is late, nobody asks ours.
        let asked = Hook {
            parent: FORWARD,
            traffic: &[Traffic::FromTenants, Traffic::ToTenants],
            rule: rule(format!("-j {DOCKER_USER}"), "what passes through this host is looked at"),
        };
        Self {
            bridge: bridge.clone(),
            chains: vec![
                named(Kind::Refuse, refusal("icmp-admin-prohibited")),
                named(Kind::Out, out(policy)),
                named(Kind::To, vec![rule(REPLIES, ANSWERS), refuse(bridge, "", THE_REST)]),
                named(Kind::Host, host(policy)),
            ],
            hooks: vec![
                asked,
                from(DOCKER_USER, Kind::Out, "what tenants send elsewhere is looked at"),
                to,
                from(INPUT, Kind::Host, "what tenants send to this host is looked at"),
            ],
        }
    }

    /// No IPv6 from tenants to anywhere.
    #[must_use]
    pub fn v6(policy: &Policy) -> Self {
        let bridge = &policy.bridge;
        let refuse = Kind::Refuse.chain(bridge);
        let hook = |parent| Hook {
            parent,
            traffic: &[Traffic::FromTenants],
            rule: Rule { text: format!("-i {bridge} -j {refuse}"), purpose: "tenants send no IPv6" },
        };
        Self {
            bridge: bridge.clone(),
            chains: vec![Chain { name: refuse.clone(), rules: refusal("icmp6-adm-prohibited") }],
            hooks: vec![hook(FORWARD), hook(INPUT)],
        }
    }
}

fn rule(text: impl Into<String>, purpose: &'static str) -> Rule {
    Rule { text: text.into(), purpose }
}

fn refuse(bridge: &str, matching: &str, purpose: &'static str) -> Rule {
    let space = if matching.is_empty() { "" } else { " " };
    rule(format!("{matching}{space}-g {}", Kind::Refuse.chain(bridge)), purpose)
}

fn refusal(icmp: &str) -> Vec<Rule> {
    vec![
        rule("-p tcp -j REJECT --reject-with tcp-reset", "a refused connection is reset at once"),
        rule(format!("-j REJECT --reject-with {icmp}"), "whatever else is refused is told so"),
    ]
}

/// A service by the address that tenants ask for, whatever the host's address translation makes of it: PostgreSQL may
/// stand on the host, on another, or in a container whose port is published. Accepted outright, because the engine would
/// keep the last away.
fn service(endpoint: SocketAddr) -> Option<Rule> {
    let IpAddr::V4(address) = endpoint.ip() else { return None };
    let port = endpoint.port();
    let text = format!("-p tcp -m conntrack --ctorigdst {address} --ctorigdstport {port} -j ACCEPT");
    Some(rule(text, "tenants reach their database"))
}

fn resolver(address: Ipv4Addr, target: &'static str) -> [Rule; 2] {
    ["udp", "tcp"].map(|protocol| {
        let text = format!("-d {address}/32 -p {protocol} -m {protocol} --dport 53 -j {target}");
        rule(text, "tenants resolve names")
    })
}

fn out(policy: &Policy) -> Vec<Rule> {
    let bridge = &policy.bridge;
    let mut rules = vec![rule(REPLIES, ANSWERS)];
    rules.extend(policy.services.iter().copied().filter_map(service));
    rules.push(refuse(bridge, &format!("-o {bridge}"), "tenants don't reach one another"));
    rules.extend(policy.resolvers.iter().flat_map(|address| resolver(*address, "RETURN")));
    rules.extend(policy.closed_ports.chunks(PORTS_A_RULE).map(|ports| {
        let ports = ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        refuse(bridge, &format!("-p tcp -m multiport --dports {ports}"), "tenants send no mail")
    }));
    match &policy.egress {
        Egress::Open => {
            let purpose = "tenants reach no private network and no metadata service";
            rules.extend(NOT_PUBLIC.iter().map(|range| refuse(bridge, &format!("-d {range}"), purpose)));
        }
        Egress::Closed => rules.push(refuse(bridge, "", THE_REST)),
        Egress::Only(networks) => {
            let purpose = "tenants reach the networks they are allowed";
            rules.extend(networks.iter().map(|network| match network.prefix_len() {
                0 => rule("-j RETURN", purpose),
                _ => rule(format!("-d {network} -j RETURN"), purpose),
            }));
            rules.push(refuse(bridge, "", THE_REST));
        }
    }
    rules
}

fn host(policy: &Policy) -> Vec<Rule> {
    let mut rules = vec![rule(REPLIES, ANSWERS)];
    rules.extend(policy.services.iter().copied().filter_map(service));
    rules.extend(policy.resolvers.iter().flat_map(|address| resolver(*address, "ACCEPT")));
    rules.push(refuse(&policy.bridge, "", "tenants reach nothing else of this host"));
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        Policy {
            bridge: "fresco0".to_owned(),
            services: vec!["10.77.0.1:5432".parse().unwrap(), "[fd00::1]:5432".parse().unwrap()],
            resolvers: vec![Ipv4Addr::new(10, 255, 255, 53)],
            egress: Egress::Open,
            closed_ports: vec![25, 465, 587],
        }
    }

    fn shown(ruleset: &Ruleset) -> String {
        let chains = ruleset.chains.iter().flat_map(|chain| {
            chain.rules.iter().map(|rule| format!("{} {}  # {}\n", chain.name, rule.text, rule.purpose))
        });
        let hooks = ruleset.hooks.iter().map(|hook| format!("{} {}\n", hook.parent, hook.rule.text));
        chains.chain(hooks).collect()
    }

    #[test]
    fn the_internet_is_open_and_all_else_refused() {
        insta::assert_snapshot!(shown(&Ruleset::v4(&policy())));
    }

    #[test]
    fn nothing_but_the_database_and_names() {
        let policy = Policy { egress: Egress::Closed, closed_ports: vec![], ..policy() };
        insta::assert_snapshot!(shown(&Ruleset::v4(&policy)));
    }

    #[test]
    fn some_networks_only() {
        let networks = ["203.0.113.0/24", "10.1.2.3/32"].map(|text| text.parse().unwrap()).to_vec();
        let policy = Policy { egress: Egress::Only(networks), closed_ports: (1..=20).collect(), ..policy() };
        insta::assert_snapshot!(shown(&Ruleset::v4(&policy)));
    }

    #[test]
    fn no_ipv6() {
        insta::assert_snapshot!(shown(&Ruleset::v6(&policy())));
    }

    #[test]
    fn the_longest_bridge_makes_a_name_that_a_chain_can_have() {
        for kind in Kind::ALL {
            assert!(kind.chain("a-name-of-15-ch").len() <= 28);
        }
    }
}
