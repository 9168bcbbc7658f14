//! Ends what an owner that was killed has left behind.
//!
//! A child's working directory is its folder, and it keeps its program's name. Whoever holds the folder's lock knows
//! that no living owner is behind such a process. A process file descriptor is opened before the check and used for the
//! signal, so an id that is given to another process in between is never hit. No file with a process id is needed, and
//! none can be stale.

use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::{ChildError, Folder, POLL, StopSteps};

/// A process that works in a folder of ours, held by a descriptor that can't come to mean another one.
struct Orphan {
    pid: Pid,
    handle: OwnedFd,
}

/// Ends every process named `name` that works in `folder`; `_ours` is the proof that no owner lives.
pub(crate) async fn end_orphans(
    _ours: &Folder,
    name: &'static str,
    folder: &Path,
    stop: StopSteps,
) -> Result<(), ChildError> {
    let Ok(folder) = folder.canonicalize() else { return Ok(()) };
    for (signal, patience) in stop.iter().copied().chain([(Signal::KILL, Duration::from_secs(5))]) {
        for orphan in roots(orphans_in(&folder, name)?) {
            tracing::warn!(child.name = name, child.pid = orphan.pid.as_raw_nonzero(), ?signal, "ending an orphan");
            orphan.signal(signal, &folder)?;
        }
        if gone_within(patience, &folder, name).await? {
            return Ok(());
        }
    }
    let pid = orphans_in(&folder, name)?.first().map_or(0, |orphan| orphan.pid.as_raw_nonzero().get());
    Err(ChildError::OrphanStays { pid, name, folder })
}

async fn gone_within(patience: Duration, folder: &Path, name: &str) -> Result<bool, ChildError> {
    let until = Instant::now() + patience;
    loop {
        if orphans_in(folder, name)?.is_empty() {
            return Ok(true);
        }
        if Instant::now() >= until {
            return Ok(false);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn orphans_in(folder: &Path, name: &str) -> Result<Vec<Orphan>, ChildError> {
    let entries = std::fs::read_dir("/proc").map_err(ChildError::io("/proc"))?;
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(pids.filter_map(|pid| Orphan::find(pid, folder, name)).collect())
}

/// Those whose parent isn't among them: a server ends its own processes, in its own order.
fn roots(all: Vec<Orphan>) -> Vec<Orphan> {
    let pids: Vec<Pid> = all.iter().map(|orphan| orphan.pid).collect();
    all.into_iter().filter(|orphan| !orphan.parent().is_some_and(|parent| pids.contains(&parent))).collect()
}

impl Orphan {
    /// The process, if it is one of ours. One that has just ended, or belongs to somebody else, isn't.
    fn find(pid: i32, folder: &Path, name: &str) -> Option<Self> {
        if !works_in(pid, folder, name) {
            return None;
        }
        let pid = Pid::from_raw(pid)?;
        let handle = pidfd_open(pid, PidfdFlags::empty()).ok()?;
        works_in(pid.as_raw_nonzero().get(), folder, name).then_some(Self { pid, handle })
    }

    fn parent(&self) -> Option<Pid> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid.as_raw_nonzero())).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
        Pid::from_raw(parent.trim().parse().ok()?)
    }

    fn signal(&self, signal: Signal, folder: &Path) -> Result<(), ChildError> {
        match pidfd_send_signal(&self.handle, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(ChildError::io(folder)(error.into())),
        }
    }
}

/// Whether the living process works in `folder` and runs the program `name`. (A dead one has no working directory.)
fn works_in(pid: i32, folder: &Path, name: &str) -> bool {
    let proc = Path::new("/proc").join(pid.to_string());
    std::fs::read_link(proc.join("cwd")).is_ok_and(|cwd| cwd == folder)
        && std::fs::read_to_string(proc.join("comm")).is_ok_and(|comm| comm.trim_end() == name)
}
