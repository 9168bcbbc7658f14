//! Addresses to listen on, looked at before a server is started.
//!
//! Servers disagree about an address they can't have: PostgreSQL warns and serves the others, Traefik dies with one line
//! among many. Trying it first gives one error that names the address, and keeps us from taking the answer of whoever
//! holds it for our own child's.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

/// How many ports the kernel may propose before we say that none is free on all addresses.
const PROPOSALS: usize = 16;

/// An address that can't be listened on.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else listens there.
    #[error("{address} is taken by another process: stop that one (`ss -ltnp` names it), or choose another port")]
    Taken {
        /// The address.
        address: SocketAddr,
    },
    /// No interface has this address.
    #[error("no interface of this machine has the address {}: create it first, or choose another", address.ip())]
    NoSuchAddress {
        /// The address.
        address: SocketAddr,
    },
    /// Listening there is refused for another reason, such as a port below 1024 without the right to it.
    #[error("can't listen on {address}")]
    Refused {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The kernel's proposals were all taken on one of the addresses.
    #[error("found no port that is free on all of {addresses:?}")]
    NoFreePort {
        /// The addresses.
        addresses: Vec<IpAddr>,
    },
}

/// Fails unless `address` can be listened on now.
///
/// # Errors
/// [`ListenError`] says why not.
pub fn check(address: SocketAddr) -> Result<(), ListenError> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(ListenError::Taken { address }),
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => Err(ListenError::NoSuchAddress { address }),
        Err(source) => Err(ListenError::Refused { address, source }),
    }
}

/// `port` if it is free on all `addresses`, or one that the kernel proposes.
pub(crate) fn choose_port(addresses: &[IpAddr], port: Option<u16>) -> Result<u16, ListenError> {
    let on_all = |port| addresses.iter().try_for_each(|ip| check(SocketAddr::new(*ip, port)));
    if let Some(port) = port {
        return on_all(port).map(|()| port);
    }
    for _ in 0..PROPOSALS {
        let port = propose()?;
        match on_all(port) {
            Ok(()) => return Ok(port),
            Err(ListenError::Taken { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Err(ListenError::NoFreePort { addresses: addresses.to_vec() })
}

fn propose() -> Result<u16, ListenError> {
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let bound = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    bound.map(|address| address.port()).map_err(|source| ListenError::Refused { address, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_wrong_with_an_address() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        assert!(matches!(check(address), Err(ListenError::Taken { .. })));
        let foreign = SocketAddr::from(([203, 0, 113, 7], 0));
        assert!(matches!(check(foreign), Err(ListenError::NoSuchAddress { .. })));
    }

    #[test]
    fn a_chosen_port_is_free() {
        let loopback = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2])];
        let port = choose_port(&loopback, None).unwrap();
        loopback.iter().for_each(|ip| check(SocketAddr::new(*ip, port)).unwrap());
    }
}
