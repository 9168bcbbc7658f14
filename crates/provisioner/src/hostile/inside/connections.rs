//! Connections that nobody may accept.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use domain::hostile::{Attempt, Check, Outcome};
use futures_util::{StreamExt, stream};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::attempt;
use crate::hostile::Connections;

/// What is refused is refused at once; longer only silence lasts.
const PATIENCE: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 128;
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
    let targets: Vec<_> = group.targets().collect();
    let tries = targets.into_iter().map(|target| async move { attempt(group.check, target, connect(target).await) });
    stream::iter(tries).buffer_unordered(AT_ONCE).collect().await
}

async fn connect(target: SocketAddr) -> Outcome {
    match timeout(PATIENCE, TcpStream::connect(target)).await {
        Ok(Ok(_)) => Outcome::Open("the connection was accepted".to_owned()),
        Ok(Err(error)) if REFUSALS.contains(&error.kind()) => Outcome::Held,
        Ok(Err(error)) => Outcome::Unclear(error.to_string()),
        Err(_) => Outcome::Unclear(format!("no answer within {} s: not refused, at any rate", PATIENCE.as_secs())),
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
