//! Where a request comes from.
//!
//! Behind a proxy the connection's other end is the proxy, and the client's address is what the proxy says it is. Each
//! proxy puts the address of who came to it behind what is there, and what stands in front of that may be anybody's
//! invention: so the list is read from its end, past the proxies that the operator trusts, to the first address that is
//! none of theirs. From a peer who is no trusted proxy the header says nothing at all.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::state::ApiState;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address; IPv4 as such, also where it came in the disguise of IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

impl ClientAddress {
    pub(crate) fn of(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // Asked by no connection: by ourselves.
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let lines = headers.get_all(X_FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default());
        let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
        Self(behind(peer.to_canonical(), &hops, trusted))
    }
}

/// `hops`: the nearest last.
fn behind(peer: IpAddr, hops: &[&str], trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer;
    for hop in hops.iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        // Whoever wrote what is none, no proxy of ours was it.
        let Some(before) = read(hop.trim()) else { break };
        client = before;
    }
    client
}

/// An address, with a port or without.
fn read(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    address.or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

impl FromRequestParts<ApiState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions, &parts.headers, &state.settings.trusted_proxies))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> =
            ["127.0.0.1/32", "::1/128", "10.0.0.0/8"].iter().map(|it| it.parse().unwrap()).collect();
        let (mut extensions, mut headers) = (Extensions::new(), HeaderMap::new());
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4000)));
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, line.parse().unwrap());
        }
        ClientAddress::of(&extensions, &headers, &trusted).0.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        assert_eq!(client("198.51.100.7", &["192.0.2.1"]), "198.51.100.7");
        assert_eq!(client("127.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("::ffff:127.0.0.1", &["::ffff:192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn what_the_client_wrote_itself_is_not_believed() {
        assert_eq!(client("127.0.0.1", &["1.1.1.1, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("127.0.0.1", &["1.1.1.1", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("127.0.0.1", &["127.0.0.1, 192.0.2.1, 10.1.2.3"]), "192.0.2.1");
    }

    #[test]
    fn a_list_that_makes_no_sense_ends_where_it_does() {
        assert_eq!(client("127.0.0.1", &["192.0.2.1, nonsense, 10.1.2.3"]), "10.1.2.3");
        assert_eq!(client("127.0.0.1", &[""]), "127.0.0.1");
        assert_eq!(client("127.0.0.1", &["10.0.0.1, 10.0.0.2"]), "10.0.0.1", "a client of our own network");
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_an_address() {
        assert_eq!(client("127.0.0.1", &["192.0.2.1:5000"]), "192.0.2.1");
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]:5000"]), "2001:db8::1");
        assert_eq!(client("127.0.0.1", &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(client("127.0.0.1", &["2001:db8::1"]), "2001:db8::1");
    }

    /// Lines of the header, near to what proxies write or anything.
    fn lines() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let near = r"([0-9.]{0,16}|[0-9a-f:.]{0,40}|\[[0-9a-f:]{0,20}\](:[0-9]{0,6})?|unknown|_[a-z]{1,4})( ?, ?[0-9.:]{0,15}){0,4}";
        vec(prop_oneof![4 => near.prop_map(String::into_bytes), 1 => vec(any::<u8>(), 0..60)], 0..4)
    }

    proptest! {
        #[test]
        fn whatever_it_says_a_stranger_is_who_they_are(lines in lines()) {
            let mut headers = HeaderMap::new();
            for line in lines.iter().filter_map(|line| axum::http::HeaderValue::from_bytes(line).ok()) {
                headers.append(X_FORWARDED_FOR, line);
            }
            let of = |peer: [u8; 4]| {
                let mut extensions = Extensions::new();
                extensions.insert(ConnectInfo(SocketAddr::from((peer, 4000))));
                ClientAddress::of(&extensions, &headers, &["127.0.0.0/8".parse().unwrap()]).0
            };
            prop_assert_eq!(of([198, 51, 100, 7]), IpAddr::from([198, 51, 100, 7]));
            let client = of([127, 0, 0, 1]);
            prop_assert_eq!(client, client.to_canonical());
        }

        #[test]
        fn what_is_an_address_prints_as_the_same(text in r"\[?[0-9a-f.:]{0,40}\]?(:[0-9]{0,6})?|\PC{0,20}") {
            if let Some(address) = read(&text) {
                prop_assert_eq!(read(&address.to_string()), Some(address));
            }
        }
    }
}
