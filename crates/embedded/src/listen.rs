//! Addresses to listen on, looked at before a server is started.
//!
//! Servers disagree about an address they can't have: PostgreSQL warns and serves the others, Traefik dies with one line
//! among many. Trying it first gives one error that names the address, and keeps us from taking the answer of whoever
//! holds it for our own child's.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

/// Where ports are looked for. The kernel gives those from 32768 on to connections, unless it is told otherwise: one from there
/// may be taken by any of them, our own too, before our child listens.
const FIRST: u16 = 30_000;
const COUNT: u16 = 2_768;

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
    /// All were taken on one of the addresses.
    #[error("found no port from {FIRST} to {} that is free on all of {addresses:?}", FIRST + COUNT - 1)]
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

/// Listens on some port of `ip`, and so keeps it from others until whoever is to have it starts.
///
/// # Errors
/// [`ListenError`] if there is none.
pub fn hold(ip: IpAddr) -> Result<TcpListener, ListenError> {
    let held = candidates().find_map(|port| TcpListener::bind((ip, port)).ok());
    held.ok_or_else(|| ListenError::NoFreePort { addresses: vec![ip] })
}

/// `port` if it is free on all `addresses`, or one that is.
pub(crate) fn choose_port(addresses: &[IpAddr], port: Option<u16>) -> Result<u16, ListenError> {
    let on_all = |port| addresses.iter().try_for_each(|ip| check(SocketAddr::new(*ip, port)));
    if let Some(port) = port {
        return on_all(port).map(|()| port);
    }
    for port in candidates() {
        match on_all(port) {
            Ok(()) => return Ok(port),
            Err(ListenError::Taken { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Err(ListenError::NoFreePort { addresses: addresses.to_vec() })
}

/// All of them; those who look at once begin at different ones.
fn candidates() -> impl Iterator<Item = u16> {
    let first = u16::try_from(std::process::id().wrapping_mul(7) % u32::from(COUNT)).unwrap_or_default();
    (0..COUNT).map(move |step| FIRST + (first + step) % COUNT)
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
        let held = hold(loopback[0]).unwrap().local_addr().unwrap();
        assert!((FIRST..FIRST + COUNT).contains(&held.port()), "{held}");
    }

    #[test]
    fn a_held_port_is_proposed_to_nobody() {
        let held: Vec<_> = (0..3).map(|_| hold([127, 0, 0, 1].into()).unwrap()).collect();
        let ports: std::collections::HashSet<u16> = held.iter().map(|one| one.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), held.len());
    }
}
