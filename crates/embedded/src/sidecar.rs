//! Another process of the owner's own program, which answers HTTP on a unix socket and outlives its owner.
//!
//! Invariants: the program is the owner's, whatever lies at its path by now; the socket is the owner's and is handed over as
//! standard input, so that questions wait while the process is started again, and as long as either of them lives.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tokio::net::UnixStream;

use crate::child::{Child, ChildError, Folder, StopSteps, end_orphans};
use crate::ping;

const READY_DEADLINE: Duration = Duration::from_secs(30);
const STOP: StopSteps = &[(Signal::TERM, Duration::from_secs(10))];
const PROGRAM: &str = "/proc/self/exe";
/// As the kernel calls what was started by that path, however the program itself is called.
const PROCESS_NAME: &str = "exe";

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct SidecarOptions {
    /// What errors, the log and its file call it.
    pub name: &'static str,
    /// What it shows as its program's name.
    pub program: &'static str,
    /// What follows that.
    pub arguments: Vec<OsString>,
    /// All of its environment.
    pub environment: Vec<(OsString, OsString)>,
    /// A folder of its own for its log; `….lock` stands beside it.
    pub state_dir: PathBuf,
    /// Where it answers `GET /_ping`.
    pub socket: Arc<UnixListener>,
}

/// A running one. Dropping it ends the process, which blocks for a moment; [`Sidecar::stop`] doesn't.
#[derive(Debug)]
pub struct Sidecar {
    // Before the folder: the process has ended when its folder is given up.
    child: Child,
    _folder: Folder,
}

impl Sidecar {
    /// Ends what an earlier owner left behind, starts the process, waits until it answers.
    ///
    /// # Errors
    /// [`ChildError`]; after one nothing is left running.
    pub async fn start(options: SidecarOptions) -> Result<Self, ChildError> {
        let state_dir = &options.state_dir;
        std::fs::create_dir_all(state_dir).map_err(ChildError::io(state_dir))?;
        let folder = Folder::take(state_dir)?;
        end_orphans(&folder, PROCESS_NAME, state_dir, STOP).await?;
        let mut child = spawn(&options)?;
        let address = options.socket.local_addr().map_err(ChildError::io(state_dir))?;
        let path = address.as_pathname().unwrap_or(state_dir);
        // Whatever it answers, it answers.
        child.ready(READY_DEADLINE, async || ping::status(UnixStream::connect(path), "/_ping").await.is_some()).await?;
        Ok(Self { child, _folder: folder })
    }

    /// Ends what a killed owner has left running in `state_dir`.
    ///
    /// # Errors
    /// If its owner lives, or it doesn't end.
    pub async fn end_orphans(state_dir: &Path) -> Result<(), ChildError> {
        let folder = Folder::take(state_dir)?;
        end_orphans(&folder, PROCESS_NAME, state_dir, STOP).await
    }

    /// Resolves when it has ended by itself. Safe to cancel and to call again.
    ///
    /// # Errors
    /// If the system can't say.
    pub async fn wait(&mut self) -> Result<ExitStatus, ChildError> {
        self.child.wait().await
    }

    /// Ends it: gracefully, then by force.
    ///
    /// # Errors
    /// If the system can't signal or await it.
    pub async fn stop(self) -> Result<ExitStatus, ChildError> {
        self.child.stop().await
    }
}

fn spawn(options: &SidecarOptions) -> Result<Child, ChildError> {
    let SidecarOptions { name, state_dir, .. } = options;
    let socket = options.socket.try_clone().map_err(ChildError::io(state_dir))?;
    let mut command = Command::new(PROGRAM);
    command.arg0(options.program).args(&options.arguments).current_dir(state_dir);
    command.env_clear().envs(options.environment.iter().cloned());
    Child::spawn_reading(OwnedFd::from(socket).into(), name, command, &state_dir.join(format!("{name}.log")), STOP)
}
