//! The two programs that read and change the host's packet filter.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use super::change::remove_script;
use super::table::Table;
use super::{Difference, FirewallError, Policy, Ruleset};

/// How long the programs wait for whoever else changes the packet filter just now.
const WAIT_SECONDS: &str = "10";
/// How often a change may come upon another one.
const MOST_FAILURES: u32 = 3;
/// The longest one of them may run.
const DEADLINE: Duration = Duration::from_secs(30);
/// Whether the kernel asks iptables about packets that only cross a bridge.
const BRIDGED: &str = "/proc/sys/net/bridge/bridge-nf-call-iptables";
/// The interfaces of this network namespace, one a line after its name and a colon.
const INTERFACES: &str = "/proc/self/net/dev";
/// There is one only if the kernel speaks IPv6.
const IPV6: &str = "/proc/net/if_inet6";

/// Which family of programs; the same as the engine uses, or its rules and ours don't meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// What the host calls `iptables`, as the engine does.
    #[default]
    Usual,
    Nft,
    Legacy,
}

/// What came of applying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Whether anything had to be changed.
    pub changed: bool,
    /// What it can't mend.
    pub left: Vec<Difference>,
}

/// The rules of one bridge on this host.
#[derive(Clone, Debug)]
pub struct Firewall {
    backend: Backend,
    policy: Policy,
}

#[derive(Clone, Copy, Debug)]
enum Family {
    V4,
    V6,
}

impl Firewall {
    #[must_use]
    pub const fn new(backend: Backend, policy: Policy) -> Self {
        Self { backend, policy }
    }

    /// Makes the rules as the policy says; what is so already is left untouched.
    ///
    /// # Errors
    /// [`FirewallError`]; the rules of that family are then what they were.
    pub async fn apply(&self) -> Result<Applied, FirewallError> {
        let mut changed = false;
        for (family, ruleset) in self.rulesets() {
            changed |= self.make(family, &ruleset).await?;
        }
        Ok(Applied { changed, left: self.check().await? })
    }

    /// Whether anything had to be changed. It is read again if that fails: the engine moves its own line with every network
    /// it makes, and what was read may be gone.
    async fn make(&self, family: Family, ruleset: &Ruleset) -> Result<bool, FirewallError> {
        let mut failures = 0;
        loop {
            let found = self.read(family).await?;
            if ruleset.differences(&found).is_empty() {
                return Ok(false);
            }
            match self.restore(family, &ruleset.apply_script(&found)).await {
                Err(FirewallError::Failed { .. }) if failures < MOST_FAILURES => failures += 1,
                answer => return answer.map(|()| true),
            }
        }
    }

    /// What isn't as the policy says.
    ///
    /// # Errors
    /// [`FirewallError`] if that could not be told.
    pub async fn check(&self) -> Result<Vec<Difference>, FirewallError> {
        let mut all = Vec::new();
        for (family, ruleset) in self.rulesets() {
            all.extend(ruleset.differences(&self.read(family).await?));
        }
        all.extend(unbridged(&self.policy.bridge));
        Ok(all)
    }

    /// Takes away every chain and line of ours; whether there was any.
    ///
    /// # Errors
    /// [`FirewallError`].
    pub async fn remove(&self) -> Result<bool, FirewallError> {
        let mut removed = false;
        for (family, _) in self.rulesets() {
            let found = self.read(family).await?;
            if let Some(script) = remove_script(&self.policy.bridge, &found) {
                self.restore(family, &script).await?;
                removed = true;
            }
        }
        Ok(removed)
    }

    fn rulesets(&self) -> Vec<(Family, Ruleset)> {
        let mut all = vec![(Family::V4, Ruleset::v4(&self.policy))];
        if Path::new(IPV6).exists() {
            all.push((Family::V6, Ruleset::v6(&self.policy)));
        }
        all
    }

    async fn read(&self, family: Family) -> Result<Table, FirewallError> {
        let program = self.program(family, "save");
        let output = run(&program, &["-t", "filter"], "").await?;
        Ok(Table::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    async fn restore(&self, family: Family, script: &str) -> Result<(), FirewallError> {
        let program = self.program(family, "restore");
        tracing::debug!(program, script, "changing the packet filter");
        run(&program, &["--noflush", "--wait", WAIT_SECONDS], script).await.map(drop)
    }

    fn program(&self, family: Family, action: &str) -> String {
        let backend = match self.backend {
            Backend::Usual => "",
            Backend::Nft => "-nft",
            Backend::Legacy => "-legacy",
        };
        let family = match family {
            Family::V4 => "iptables",
            Family::V6 => "ip6tables",
        };
        format!("{family}{backend}-{action}")
    }
}

/// Tenants of one bridge are kept apart by rules that the kernel asks for bridged packets only if it is told to, as the
/// engine does when it makes the bridge.
fn unbridged(bridge: &str) -> Option<Difference> {
    if !is_interface(bridge) {
        return None;
    }
    let state = std::fs::read_to_string(BRIDGED).unwrap_or_default();
    (state.trim() != "1").then(|| {
        let what = "the kernel doesn't ask iptables about packets between containers of one bridge, so it doesn't hold \
                    that tenants don't reach one another";
        let mend = "modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1, and both at boot \
                    (/etc/modules-load.d, /etc/sysctl.d)";
        Difference::new(what, mend)
    })
}

/// Whether this machine has an interface of that name.
#[must_use]
pub fn is_interface(name: &str) -> bool {
    let interfaces = std::fs::read_to_string(INTERFACES).unwrap_or_default();
    interfaces.lines().any(|line| line.split(':').next().is_some_and(|found| found.trim() == name))
}

async fn run(program: &str, arguments: &[&str], input: &str) -> Result<Output, FirewallError> {
    let whole = timeout(DEADLINE, converse(program, arguments, input)).await;
    let too_slow = |_| FirewallError::TooSlow { program: program.to_owned(), deadline: DEADLINE };
    let no_program = |source| FirewallError::NoProgram { program: program.to_owned(), source };
    let output = whole.map_err(too_slow)?.map_err(no_program)?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let program = program.to_owned();
    Err(match said.contains("you must be root") || said.contains("Permission denied") {
        true => FirewallError::NotRoot { program },
        false => FirewallError::Failed { program, said },
    })
}

async fn converse(program: &str, arguments: &[&str], input: &str) -> std::io::Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input.as_bytes()).await {
            // It ended before it had read everything: its exit code and words tell why.
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait_with_output().await
}
