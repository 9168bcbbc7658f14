//! A network's spec, read: what every engine asks of it before it makes anything.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::NetworkSpec;

/// Subnet and the host's address in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NetworkPlan {
    pub(super) subnet: Ipv4Net,
    pub(super) gateway: Ipv4Addr,
}

impl NetworkPlan {
    /// Reads a spec; the error says what would be right.
    pub(super) fn read(spec: &NetworkSpec) -> Result<Self, String> {
        let NetworkSpec { subnet: text, interface, .. } = spec;
        let subnet = text.parse::<Ipv4Net>().ok().filter(|subnet| subnet.trunc() == *subnet);
        let subnet = subnet.ok_or_else(|| format!("`{text}` is no IPv4 subnet such as 10.77.0.0/22"))?;
        let gateway = subnet.hosts().next().filter(|_| subnet.prefix_len() <= 29);
        let gateway = gateway.ok_or_else(|| format!("`{text}` is too small: take a /29 or larger"))?;
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        if !(1..=15).contains(&interface.len()) || !interface.bytes().all(allowed) {
            let wanted = "1 to 15 lower-case letters, digits, `-` and `_`";
            return Err(format!("`{interface}` is no interface name: expected {wanted}"));
        }
        Ok(Self { subnet, gateway })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::NetworkName;

    fn read(subnet: &str, interface: &str) -> Result<NetworkPlan, String> {
        let name = NetworkName::parse("n").unwrap();
        NetworkPlan::read(&NetworkSpec { name, subnet: subnet.to_owned(), interface: interface.to_owned() })
    }

    #[test]
    fn the_gateway_is_the_first_address_and_wrong_specs_are_told_why() {
        assert_eq!(read("10.77.0.0/22", "fresco0").unwrap().gateway, Ipv4Addr::new(10, 77, 0, 1));
        assert_eq!(read("192.168.1.8/29", "fresco0").unwrap().gateway, Ipv4Addr::new(192, 168, 1, 9));
        for (subnet, interface, words) in [
            ("10.77.0.1/22", "fresco0", "no IPv4 subnet"),
            ("fd00::/64", "fresco0", "no IPv4 subnet"),
            ("10.77.0.0/30", "fresco0", "too small"),
            ("10.77.0.0/22", "", "no interface name"),
            ("10.77.0.0/22", "a-name-too-long-", "no interface name"),
            ("10.77.0.0/22", "../etc", "no interface name"),
        ] {
            assert!(read(subnet, interface).unwrap_err().contains(words), "{subnet} {interface}");
        }
    }
}
