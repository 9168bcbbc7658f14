//! One child process: started with a log file, awaited until it works, ended in steps, never left behind.
//!
//! Both servers need the same care, so it stands here once. A child gets a process group of its own: Ctrl-C at the
//! terminal then reaches its owner alone, which ends its children in the order that is right for them.
//!
//! Invariants: a [`Child`] that is dropped has ended; a readiness wait ends early when the child dies; every error that
//! a child caused carries the last lines of its log.

mod folder;
mod log;
mod orphan;

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

pub(crate) use folder::Folder;
pub(crate) use orphan::end_orphans;

/// The signals that end a child, each with the time it gets before the next; after the last comes SIGKILL.
pub(crate) type StopSteps = &'static [(Signal, Duration)];

/// How often a condition is looked at again.
const POLL: Duration = Duration::from_millis(10);
/// A drop blocks its thread, so it is shorter with every step than a proper stop.
const DROP_STEP: Duration = Duration::from_secs(3);

/// Why a child process doesn't run, or doesn't end.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The program could not be started at all.
    #[error("can't start {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It ended before it was ready.
    #[error("{name} ended before it was ready ({status}); its log {} ends with:\n{last_lines}", log.display())]
    Ended {
        /// Which child.
        name: &'static str,
        /// Its exit status.
        status: ExitStatus,
        /// Its whole log.
        log: PathBuf,
        /// The end of that log.
        last_lines: String,
    },
    /// It runs, but isn't ready by the deadline; it has been ended.
    #[error("{name} isn't ready after {deadline:?}; its log {} ends with:\n{last_lines}", log.display())]
    NotReady {
        /// Which child.
        name: &'static str,
        /// How long it had.
        deadline: Duration,
        /// Its whole log.
        log: PathBuf,
        /// The end of that log.
        last_lines: String,
    },
    /// Another living process works with the same folder.
    #[error("{} is in use by another process: stop that one, or choose another folder", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// A process of an earlier run can't be ended.
    #[error("process {pid} ({name}) of an earlier run still works in {} and doesn't end: end it by hand", folder.display())]
    OrphanStays {
        /// Its process id.
        pid: i32,
        /// The program's name.
        name: &'static str,
        /// The folder it works in.
        folder: PathBuf,
    },
    /// A file or folder of ours can't be read or written.
    #[error("can't work with {}", path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ChildError {
    /// For `map_err`: an I/O error at `path`.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}

/// A running child process.
#[derive(Debug)]
pub(crate) struct Child {
    name: &'static str,
    process: tokio::process::Child,
    log: PathBuf,
    stop: StopSteps,
}

impl Child {
    /// Starts `command` with both outputs in the file `log`; the log of the run before is kept as `….old`.
    pub(crate) fn spawn(name: &'static str, command: Command, log: &Path, stop: StopSteps) -> Result<Self, ChildError> {
        Self::spawn_reading(Stdio::null(), name, command, log, stop)
    }

    /// The same with something to read.
    pub(crate) fn spawn_reading(
        input: Stdio,
        name: &'static str,
        mut command: Command,
        log: &Path,
        stop: StopSteps,
    ) -> Result<Self, ChildError> {
        let (out, err) = log::open(log).map_err(ChildError::io(log))?;
        command.stdin(input).stdout(out).stderr(err).process_group(0);
        let program = PathBuf::from(command.get_program());
        let process =
            tokio::process::Command::from(command).spawn().map_err(|source| ChildError::Spawn { program, source })?;
        tracing::debug!(child.name = name, child.pid = process.id(), "child process started");
        Ok(Self { name, process, log: log.to_owned(), stop })
    }

    /// Waits until `probe` says yes. A child that dies or misses the deadline is an error with its last lines.
    // Not `AsyncFnMut`: the compiler can't tell yet that what such a closure returns may change threads.
    pub(crate) async fn ready<F: Future<Output = bool>>(
        &mut self,
        deadline: Duration,
        mut probe: impl FnMut() -> F,
    ) -> Result<(), ChildError> {
        let until = Instant::now() + deadline;
        loop {
            let answered = probe().await;
            // Looked at after the probe: what answered may be somebody else's server, while ours failed to bind.
            if let Some(status) = self.process.try_wait().map_err(ChildError::io(&self.log))? {
                let last_lines = log::last_lines(&self.log);
                return Err(ChildError::Ended { name: self.name, status, log: self.log.clone(), last_lines });
            }
            if answered {
                return Ok(());
            }
            if Instant::now() >= until {
                let last_lines = log::last_lines(&self.log);
                return Err(ChildError::NotReady { name: self.name, deadline, log: self.log.clone(), last_lines });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Resolves when the child has ended. Safe to cancel and to call again.
    pub(crate) async fn wait(&mut self) -> Result<ExitStatus, ChildError> {
        self.process.wait().await.map_err(ChildError::io(&self.log))
    }

    /// The process id, while it runs.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.process.id()
    }

    /// Ends the child by its steps, each with its whole time.
    pub(crate) async fn stop(mut self) -> Result<ExitStatus, ChildError> {
        for (signal, patience) in self.stop {
            self.signal(*signal);
            if let Ok(ended) = tokio::time::timeout(*patience, self.process.wait()).await {
                return ended.map_err(ChildError::io(&self.log));
            }
            tracing::warn!(child.name = self.name, ?signal, ?patience, "child process doesn't end, going further");
        }
        self.process.kill().await.map_err(ChildError::io(&self.log))?;
        self.wait().await
    }

    /// Sends `signal` unless the child has been reaped, so its id can't be another's by now.
    fn signal(&self, signal: Signal) {
        let Some(pid) = self.process.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) else { return };
        if let Err(error) = kill_process(pid, signal) {
            tracing::warn!(child.name = self.name, %error, "can't signal the child process");
        }
    }

    fn ended_within(&mut self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        loop {
            match self.process.try_wait() {
                Ok(Some(_)) => return true,
                Ok(None) if Instant::now() < until => std::thread::sleep(POLL),
                Ok(None) | Err(_) => return false,
            }
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.process.id().is_none() {
            return;
        }
        let steps = self.stop;
        for (signal, patience) in steps {
            self.signal(*signal);
            if self.ended_within((*patience).min(DROP_STEP)) {
                return;
            }
        }
        self.signal(Signal::KILL);
        if !self.ended_within(DROP_STEP) {
            tracing::error!(child.name = self.name, "the child process outlives SIGKILL");
        }
    }
}

#[cfg(test)]
mod tests;
