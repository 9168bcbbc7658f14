//! Processor time of a process and of a PostgreSQL, as the kernel counts it.

use std::time::Duration;

use anyhow::Context;

/// The kernel's unit in `/proc`, on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds, or a share of one core in per cent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) ours: f64,
    pub(crate) postgres: f64,
}

impl Load {
    /// Seconds so far, of the process and of the server.
    pub(crate) fn so_far(process: u32, postmaster: u32) -> anyhow::Result<Self> {
        let own = Process::read(&process.to_string())?;
        let server = Process::read(&postmaster.to_string())?;
        let mut postgres = server.own + server.ended_children;
        for entry in std::fs::read_dir("/proc")?.flatten() {
            // One that ends meanwhile counts as an ended child the next time.
            if let Some(child) = entry.file_name().to_str().and_then(|name| Process::read(name).ok())
                && child.parent == postmaster
            {
                postgres += child.own;
            }
        }
        Ok(Self { ours: own.own / TICKS_PER_SECOND, postgres: postgres / TICKS_PER_SECOND })
    }

    /// What that is of one core.
    pub(crate) fn since(&self, before: &Self, span: Duration) -> Self {
        let share = |now: f64, then: f64| 100.0 * (now - then) / span.as_secs_f64();
        Self { ours: share(self.ours, before.ours), postgres: share(self.postgres, before.postgres) }
    }

    pub(crate) fn sum(&self) -> f64 {
        self.ours + self.postgres
    }
}

/// A line of `/proc/*/stat`, in ticks.
struct Process {
    parent: u32,
    own: f64,
    ended_children: f64,
}

impl Process {
    fn read(pid: &str) -> anyhow::Result<Self> {
        let line = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name before the last `)` may hold anything.
        let (_, rest) = line.rsplit_once(')').context("no process")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |index: usize| -> anyhow::Result<f64> { Ok(fields.get(index).context("a short line")?.parse()?) };
        Ok(Self {
            parent: fields.get(1).context("a short line")?.parse()?,
            own: ticks(11)? + ticks(12)?,
            ended_children: ticks(13)? + ticks(14)?,
        })
    }
}
