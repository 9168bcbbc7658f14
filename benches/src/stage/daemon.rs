//! `frescod serve`, as an operator runs it: migrated, with an operator key.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

const READY: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Debug)]
pub(crate) struct Program {
    /// The release build of frescod.
    pub(crate) path: PathBuf,
    /// Its `log.filter`; what it logs goes to our standard error.
    pub(crate) log: String,
}

/// The running daemon. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    program: PathBuf,
    configuration: PathBuf,
    pub(crate) api: SocketAddr,
    pub(crate) key: SecretString,
}

#[derive(Deserialize)]
struct Made {
    token: SecretString,
}

impl Daemon {
    pub(super) async fn start(program: &Path, configuration: &Path, api: SocketAddr) -> anyhow::Result<Self> {
        let frescod = |arguments: &[&str]| frescod(program, configuration, arguments);
        finished(frescod(&["migrate"])).await?;
        let made = finished(frescod(&["operator-key", "create", "--name", "bench", "--json"])).await?;
        let Made { token } = serde_json::from_slice(&made).context("no key came out of `frescod operator-key`")?;
        let mut child = frescod(&["serve"]).spawn().with_context(|| format!("can't run {}", program.display()))?;
        timeout(READY, ready(&mut child, api)).await.context("frescod isn't ready after 30 s")??;
        Ok(Self { child, program: program.to_owned(), configuration: configuration.to_owned(), api, key: token })
    }

    /// As by `kill -9`.
    pub(crate) async fn kill(&mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Starts it again, and waits for nothing.
    pub(crate) fn start_again(&mut self) -> anyhow::Result<()> {
        self.spawn(&[])
    }

    /// Kills it, starts it with these arguments, and waits until it can work.
    pub(crate) async fn restart(&mut self, arguments: &[&str]) -> anyhow::Result<()> {
        self.kill().await?;
        self.spawn(arguments)?;
        timeout(READY, ready(&mut self.child, self.api)).await.context("frescod isn't ready after 30 s")?
    }

    fn spawn(&mut self, arguments: &[&str]) -> anyhow::Result<()> {
        self.child = frescod(&self.program, &self.configuration, &["serve"]).args(arguments).spawn()?;
        Ok(())
    }

    /// The time it has had of all processors so far; the kernel counts it in hundredths of a second.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let pid = self.pid()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Its name, which may hold anything, ends at the last bracket; user and system time are the 12th and 13th after it.
        let fields = stat.rsplit_once(')').context("no name")?.1.split_whitespace().skip(11).take(2);
        let ticks = fields.map(str::parse::<u64>).sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 10))
    }

    pub(crate) fn pid(&self) -> anyhow::Result<u32> {
        self.child.id().context("frescod has ended")
    }

    /// Resident memory, in bytes.
    pub(crate) fn resident_memory(&self) -> anyhow::Result<f64> {
        let pid = self.pid()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024.0)
    }
}

fn frescod(program: &Path, configuration: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).arg("--config").arg(configuration).kill_on_drop(true).stdin(Stdio::null());
    command
}

async fn finished(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let words = format!("{:?}", command.as_std());
    let output = command.output().await.with_context(|| format!("can't run {words}"))?;
    if !output.status.success() {
        bail!("{words} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

async fn ready(child: &mut Child, api: SocketAddr) -> anyhow::Result<()> {
    loop {
        if let Some(status) = child.try_wait()? {
            bail!("frescod has ended ({status}); what it said stands above");
        }
        match reqwest::get(format!("http://{api}/readyz")).await {
            Ok(answer) if answer.status().is_success() => return Ok(()),
            Ok(_) | Err(_) => sleep(Duration::from_millis(50)).await,
        }
    }
}
