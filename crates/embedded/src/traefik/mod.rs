//! A private Traefik: routes by the files of one folder, and by container labels if it is given the engine's socket.
//!
//! Both files it starts from are written anew at every start, from [`TraefikOptions`] alone. What it routes is its
//! owner's: files in `dynamic_dir` (write them elsewhere on the same file system and rename them in, or Traefik reads
//! half of one) and labels on containers.
//!
//! Invariants: it listens where it was told to or doesn't start; it serves no dashboard and no API, phones nobody, and
//! gives up on a server that doesn't answer within a second, so that a stopped instance is an answer and not a hang.

mod configuration;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use rustix::process::Signal;
use tokio::net::TcpStream;

use crate::child::{Child, ChildError, Folder, StopSteps, end_orphans};
use crate::{listen, ping};

pub use crate::listen::ListenError;
pub use configuration::ENTRY_POINTS;

const READY_DEADLINE: Duration = Duration::from_secs(30);
const STOP: StopSteps = &[(Signal::TERM, Duration::from_secs(10))];
const PROCESS_NAME: &str = "traefik";

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct TraefikOptions {
    /// The program.
    pub binary: PathBuf,
    /// A folder of its own for configuration and log; `….lock` stands beside it.
    pub state_dir: PathBuf,
    /// Where files are made for `dynamic_dir`, on the same file system.
    pub staging_dir: PathBuf,
    /// The folder whose routes it serves.
    pub dynamic_dir: PathBuf,
    /// The entry point `web`.
    pub http: SocketAddr,
    /// The entry point `websecure`.
    pub https: Option<SocketAddr>,
    /// The entry point `internal`: `/ping` and `/metrics`. Not for the public.
    pub internal: SocketAddr,
    /// Routes by container labels.
    pub docker: Option<Docker>,
    /// The least time between two changes of the routes: lower is quicker, and costs more under churn.
    pub throttle: Duration,
    /// The certificate for every name that has no better one.
    pub certificate: Option<KeyPairFiles>,
}

/// Where containers with routes are found.
#[derive(Debug, Clone)]
pub struct Docker {
    /// The engine's socket.
    pub socket: PathBuf,
    /// The network whose addresses are used, for containers with several.
    pub network: Option<String>,
    /// Only containers whose labels match are looked at, such as `` Label(`fresco.platform`,`dev`) ``: two platforms on
    /// one engine then don't serve each other's.
    pub constraint: Option<String>,
}

/// A certificate chain and its key, both PEM.
#[derive(Debug, Clone)]
pub struct KeyPairFiles {
    /// The certificate, then its issuers.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Why Traefik doesn't run.
#[derive(Debug, thiserror::Error)]
pub enum TraefikError {
    /// An address can't be listened on.
    #[error("Traefik can't be started")]
    Listen(#[from] ListenError),
    /// The process failed.
    #[error(transparent)]
    Child(#[from] ChildError),
}

/// A running Traefik. Dropping it ends the process, which blocks for a moment; [`Traefik::stop`] doesn't.
#[derive(Debug)]
pub struct Traefik {
    // Before the folder: the process has ended when its folder is given up.
    child: Child,
    _folder: Folder,
}

impl Traefik {
    /// Writes the configuration, ends what an earlier owner left behind, starts Traefik, waits until it answers.
    ///
    /// # Errors
    /// [`TraefikError`], whose text says what to do; after one nothing is left running.
    pub async fn start(mut options: TraefikOptions) -> Result<Self, TraefikError> {
        // The child works in its folder, so a relative path would mean something else to it.
        let TraefikOptions { state_dir, staging_dir, dynamic_dir, binary, .. } = &mut options;
        for path in [state_dir, staging_dir, dynamic_dir, binary] {
            *path = std::path::absolute(&*path).map_err(ChildError::io(&*path))?;
        }
        let folder = Folder::take(&options.state_dir)?;
        end_orphans(&folder, PROCESS_NAME, &options.state_dir, STOP).await?;
        let addresses = [Some(options.http), options.https, Some(options.internal)];
        addresses.into_iter().flatten().try_for_each(listen::check)?;
        let static_file = configuration::write(&options)?;
        let mut child = spawn(&options, &static_file)?;
        child.ready(READY_DEADLINE, || answers(options.internal)).await?;
        tracing::info!(traefik.http = %options.http, "Traefik is ready");
        Ok(Self { child, _folder: folder })
    }

    /// Ends what a killed owner has left running in `state_dir`, for whoever doesn't start another one there.
    ///
    /// # Errors
    /// If its owner lives, or it doesn't end.
    pub async fn end_orphans(state_dir: &Path) -> Result<(), TraefikError> {
        let folder = Folder::take(state_dir)?;
        Ok(end_orphans(&folder, PROCESS_NAME, state_dir, STOP).await?)
    }

    /// The process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.pid()
    }

    /// Resolves when Traefik has ended by itself. Safe to cancel and to call again.
    ///
    /// # Errors
    /// If the system can't say.
    pub async fn wait(&mut self) -> Result<ExitStatus, TraefikError> {
        Ok(self.child.wait().await?)
    }

    /// Ends Traefik: gracefully, then by force.
    ///
    /// # Errors
    /// If the system can't signal or await it.
    pub async fn stop(self) -> Result<(), TraefikError> {
        let status = self.child.stop().await?;
        tracing::info!(%status, "Traefik has ended");
        Ok(())
    }
}

/// Whether `GET /ping` says 200.
async fn answers(address: SocketAddr) -> bool {
    ping::status(TcpStream::connect(address), "/ping").await.is_some_and(|line| line.contains(" 200 "))
}

fn spawn(options: &TraefikOptions, static_file: &Path) -> Result<Child, ChildError> {
    let mut command = Command::new(&options.binary);
    let mut flag = std::ffi::OsString::from("--configFile=");
    flag.push(static_file);
    // Without our environment: Traefik would take any TRAEFIK_… variable over its file.
    command.arg(flag).env_clear().current_dir(&options.state_dir);
    Child::spawn(PROCESS_NAME, command, &options.state_dir.join("traefik.log"), STOP)
}
