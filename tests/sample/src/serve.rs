//! The serve phase: listen, say "Ready" whatever the truth, stop within the grace.

use std::{
    fs, future,
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Instant,
};

use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    environment::{Environment, Sample},
    faults,
    line::Line,
    log, web,
};

/// How a command ended well, which the exit code tells.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ended {
    /// Exit code 0, as line 3.
    Quietly,
    /// Exit code 143, as line 4.
    BySignal,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("{path} is not writable: mount a writable one for the user this runs as")]
    NotWritable { path: String, source: std::io::Error },
    #[error("PORT={0:?} is no port: give a number below 65536")]
    Port(String),
    #[error("getaddrinfo ENOTFOUND {0}: HOSTNAME must be an address or stand in /etc/hosts")]
    UnknownHost(String),
    #[error("listen EADDRINUSE or EACCES: {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the server failed")]
    Server(#[source] std::io::Error),
}

/// Serves until SIGTERM or SIGINT, then until the requests under way are answered, however long that takes.
pub(crate) async fn serve(sample: Sample) -> Result<Ended, ServeError> {
    let started = Instant::now();
    let stop = Stop::listen(sample.switches.ignore_sigterm).map_err(ServeError::Server)?;
    check_writable(&sample.root.join(".next/cache"))?;
    check_writable(Path::new("/tmp"))?;
    faults::unleash(&sample.switches);
    tokio::time::sleep(sample.switches.start_delay).await;

    let ended = match sample.version.line {
        Line::Three => Ended::Quietly,
        Line::Four => Ended::BySignal,
    };
    let address = address(&sample.environment)?;
    let listener = TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    log::out(format_args!("   ▲ Sample {}\n   - Network:      http://{address}\n", sample.version.text));
    log::out(" ✓ Starting...");
    log::out(format_args!(" ✓ Ready in {}ms", started.elapsed().as_millis()));
    let server = axum::serve(listener, web::router(sample)).with_graceful_shutdown(stop.requested());
    server.await.map_err(ServeError::Server)?;
    Ok(ended)
}

/// The signals that end serving.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
    deaf: bool,
}

impl Stop {
    fn listen(deaf: bool) -> std::io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, deaf })
    }

    async fn requested(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
        if self.deaf {
            log::out("ignoring the signal, as asked");
            future::pending::<()>().await;
        }
    }
}

fn check_writable(folder: &Path) -> Result<(), ServeError> {
    let trial = folder.join(format!("sample-{}", std::process::id()));
    fs::write(&trial, "writable?")
        .and_then(|()| fs::remove_file(&trial))
        .map_err(|source| ServeError::NotWritable { path: folder.display().to_string(), source })
}

/// `HOSTNAME` and `PORT`. The engine sets the first to the container's own name, so that without a word from the
/// platform the server listens on the container's own address only.
fn address(environment: &Environment) -> Result<SocketAddr, ServeError> {
    let port = environment.get("PORT").unwrap_or("3000");
    let port = port.parse().map_err(|_| ServeError::Port(port.to_owned()))?;
    let host = environment.get("HOSTNAME").map_or_else(own_name, str::to_owned);
    let ip = host.parse().ok().or_else(|| in_hosts_file(&host)).ok_or(ServeError::UnknownHost(host))?;
    Ok(SocketAddr::new(ip, port))
}

/// The machine's name.
pub(crate) fn own_name() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| "localhost".to_owned(), |name| name.trim().into())
}

/// Looks a name up as a program without a resolver can.
fn in_hosts_file(name: &str) -> Option<IpAddr> {
    let hosts = fs::read_to_string("/etc/hosts").ok()?;
    hosts.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word == name).then_some(address)
    })
}
