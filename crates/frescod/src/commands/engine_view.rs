//! `frescod engine-view`

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use provisioner::container::docker::EngineView;

use super::ConfigFile;
use crate::config::{Config, Environment};
use crate::exit::{self, Outcome};
use crate::files::are_same;
use crate::lifecycle::Lifecycle;
use crate::wiring::parts;
use crate::{telemetry, terminal};

/// For what has been asked.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// Show Traefik what it needs of the container engine, and nothing else
///
/// Answers at `routing.engine_socket`, for routes by labels: where this platform's running containers are and what labels
/// they carry. Whoever may ask there can neither change a container nor read its environment, and this process reads no
/// secret and no database. A supervisor that holds the socket hands it over as standard input (systemd's
/// `StandardInput=socket`): questions then wait while the process is started again.
///
/// Traefik takes a container that it can't read for gone, so restart this one for a new version only. It stops on SIGTERM or
/// SIGINT, when what was asked is answered. systemd is notified (Type=notify, WatchdogSec).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod engine-view\n  curl --unix-socket /run/frescod/engine.sock http://engine/containers/json"
)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) async fn run(args: &Args, environment: &Environment) -> Outcome {
    let config = args.config.load(environment)?;
    telemetry::start(config.log.format, &config.log.filter.0)?;
    let handed = handed()?;
    if let Some(wrong) = wrong(&config, handed.as_ref()) {
        terminal::complain(&wrong);
        return Ok(ExitCode::from(exit::CONFIG));
    }
    must_open(&config.engine.socket)?;
    let socket = match handed {
        Some(socket) => socket,
        None => listen(&config.routing.engine_socket)?,
    };
    let view = parts::view(&config, socket)?;
    let mut lifecycle = Lifecycle::new(STOP_DEADLINE)?;
    lifecycle.start("engine view", |stop| async move {
        view.run(stop).await;
        Ok(())
    });
    tracing::info!(socket = %config.routing.engine_socket.display(), "Traefik's view of the engine is open");
    lifecycle.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// A socket to answer at, made anew.
///
/// # Errors
/// Says what is in its way.
pub(crate) fn listen(path: &Path) -> anyhow::Result<UnixListener> {
    EngineView::listen(path).map_err(|error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            return anyhow::anyhow!("another process answers at {}: stop that one", path.display());
        }
        anyhow::Error::new(error).context(format!("`routing.engine_socket` can't be made at {}", path.display()))
    })
}

/// The socket that our supervisor holds.
fn handed() -> io::Result<Option<UnixListener>> {
    let input = UnixListener::from(io::stdin().as_fd().try_clone_to_owned()?);
    let has_path = input.local_addr().is_ok_and(|address| address.as_pathname().is_some());
    Ok(has_path.then_some(input))
}

/// What only another configuration mends.
fn wrong(config: &Config, handed: Option<&UnixListener>) -> Option<String> {
    let path = &config.routing.engine_socket;
    if are_same(path, &config.engine.socket) {
        return Some(format!("`routing.engine_socket` is the engine's own socket, {}: name another", path.display()));
    }
    let address = handed?.local_addr().ok()?;
    let held = address.as_pathname()?;
    (!are_same(path, held)).then(|| {
        let (held, path) = (held.display(), path.display());
        format!("the supervisor holds {held}, and `routing.engine_socket` is {path}: make them the same")
    })
}

/// One that is away may come; one that refuses us goes on doing so.
fn must_open(engine: &Path) -> anyhow::Result<()> {
    match UnixStream::connect(engine) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let why = format!("can't open {}: let this account do so (group docker)", engine.display());
            Err(anyhow::Error::new(error).context(why))
        }
        Err(error) => {
            tracing::warn!(%error, engine = %engine.display(), "the container engine is away");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}
