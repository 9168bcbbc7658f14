//! Connections that nobody may accept.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain::hostile::{Attempt, Check, Outcome};
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tokio::net::{TcpStream, UdpSocket, UnixStream};
use tokio::time::{sleep, timeout};

use super::attempt;
use crate::hostile::Connections;

/// What is refused is refused at once; longer only silence lasts.
const PATIENCE: Duration = Duration::from_secs(2);
/// By IPv6 it takes up to 2 s more until an address of our own may be used.
const PATIENCE_V6: Duration = Duration::from_secs(4);
const AT_ONCE: usize = 128;
/// How often a datagram is sent again: the kernel tells of one refusal a second, and of no other meanwhile.
const AGAIN: Duration = Duration::from_millis(250);
/// How often we look whether an address that is new has become usable.
const SETTLING: Duration = Duration::from_millis(100);
/// Where the kernel tells of this network's IPv6 addresses; not there if it speaks none.
const ADDRESSES_V6: &str = "/proc/self/net/if_inet6";
/// By a reset, or by an ICMP message.
const REFUSALS: [ErrorKind; 4] = [
    ErrorKind::ConnectionRefused,
    ErrorKind::NetworkUnreachable,
    ErrorKind::HostUnreachable,
    ErrorKind::PermissionDenied,
];
/// Where engines have their sockets.
const SOCKETS: [&str; 5] = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
];

pub(super) async fn to(group: &Connections) -> Vec<Attempt> {
    let interface = interface_v6(&std::fs::read_to_string(ADDRESSES_V6).unwrap_or_default());
    let targets: Vec<_> = group.targets().collect();
    let tries = targets.into_iter().map(|target| async move {
        match on_the_link(target, interface) {
            Some(target) => attempt(group.check, target, connect(target).await),
            // There is no IPv6 here.
            None => attempt(group.check, target, Outcome::Held),
        }
    });
    stream::iter(tries).buffer_unordered(AT_ONCE).collect().await
}

/// The number of the interface that has IPv6 addresses, beside loopback.
fn interface_v6(addresses: &str) -> Option<u32> {
    let interface = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let [_, number, .., name] = words.as_slice() else { return None };
        (*name != "lo").then(|| u32::from_str_radix(number, 16).ok())?
    };
    addresses.lines().find_map(interface)
}

/// As it is reached from that interface: an address of the link is one only there.
fn on_the_link(target: SocketAddr, interface: Option<u32>) -> Option<SocketAddr> {
    let SocketAddr::V6(mut target) = target else { return Some(target) };
    let interface = interface?;
    if target.ip().is_unicast_link_local() {
        target.set_scope_id(interface);
    }
    Some(target.into())
}

async fn connect(target: SocketAddr) -> Outcome {
    let connected = async {
        loop {
            match TcpStream::connect(target).await {
                // Our own, which is too new.
                Err(error) if error.kind() == ErrorKind::AddrNotAvailable => sleep(SETTLING).await,
                answer => return answer,
            }
        }
    };
    let patience = if target.is_ipv6() { PATIENCE_V6 } else { PATIENCE };
    match timeout(patience, connected).await {
        Ok(Ok(_)) => Outcome::Open("the connection was accepted".to_owned()),
        Ok(Err(error)) if REFUSALS.contains(&error.kind()) => Outcome::Held,
        Ok(Err(error)) => Outcome::Unclear(error.to_string()),
        Err(_) => silence(patience),
    }
}

fn silence(patience: Duration) -> Outcome {
    Outcome::Unclear(format!("no answer within {} s: not refused, at any rate", patience.as_secs()))
}

/// All at once, and as long as the kernel needs to tell of each.
pub(super) async fn by_datagrams(targets: &[SocketAddr]) -> Vec<Attempt> {
    let patience = PATIENCE + Duration::from_secs(1) * u32::try_from(targets.len()).unwrap_or(u32::MAX);
    let tries = targets.iter().map(|target| async move {
        let outcome = match timeout(patience, datagram(*target)).await {
            Ok(Ok(())) => Outcome::Open("it answered".to_owned()),
            Ok(Err(error)) if REFUSALS.contains(&error.kind()) => Outcome::Held,
            Ok(Err(error)) => Outcome::Unclear(error.to_string()),
            Err(_) => silence(patience),
        };
        attempt(Check::Host, format!("{target} (UDP)"), outcome)
    });
    join_all(tries).await
}

/// Sends again and again, until there is an answer or a refusal.
async fn datagram(target: SocketAddr) -> std::io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    socket.connect(target).await?;
    loop {
        socket.send(b"\n").await?;
        if let Ok(answer) = timeout(AGAIN, socket.recv(&mut [0; 1])).await {
            return answer.map(drop);
        }
    }
}

pub(super) async fn to_sockets() -> Vec<Attempt> {
    stream::iter(SOCKETS)
        .then(|path| async move {
            let outcome = match UnixStream::connect(path).await {
                Ok(_) => Outcome::Open("the connection was accepted".to_owned()),
                Err(error) if error.kind() == ErrorKind::NotFound => Outcome::Held,
                Err(error) => Outcome::Open(format!("it is there ({error})")),
            };
            attempt(Check::Engine, path, outcome)
        })
        .collect()
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_the_link_is_asked_on_the_interface_that_has_one() {
        let all = "00000000000000000000000000000001 01 80 10 80       lo\nfe800000000000000042acfffe4d0002 1c 40 20 80 eth0\n";
        assert_eq!((interface_v6(all), interface_v6(all.lines().next().unwrap())), (Some(0x1c), None));
        let asked = |target: &str, interface| on_the_link(target.parse().unwrap(), interface).map(|it| it.to_string());
        assert_eq!(asked("[fe80::1]:22", Some(28)).unwrap(), "[fe80::1%28]:22");
        assert_eq!(asked("[fd00::1]:22", Some(28)).unwrap(), "[fd00::1]:22");
        assert_eq!(asked("[fd00::1]:22", None), None);
        assert_eq!(asked("10.0.0.1:22", None).unwrap(), "10.0.0.1:22");
    }
}
