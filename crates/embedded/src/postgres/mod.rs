//! A private PostgreSQL: made on first use, then started from its data folder.
//!
//! It listens on TCP only, with SCRAM everywhere: one way in, the same for us and for tenants, and no limit on the length
//! of a socket's path. The superuser may come from the loopback only; the `admitted` networks (the tenants') reach every
//! database they have a right to, but never as the superuser.
//!
//! Invariants:
//! - The data folder appears whole or not at all: the cluster is made beside it and renamed.
//! - Configuration and access rules are written anew at every start; what stands in the options is what holds.
//! - Readiness is the server's own word (the last line of its `postmaster.pid`, which `pg_ctl` trusts too).
//!
//! Supervision is its owner's: [`Postgres::wait`] resolves when the server has died; then start anew with the same
//! options and [`Postgres::port`].

mod cluster;
mod files;

use std::future::ready;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use ipnet::IpNet;
use rustix::process::Signal;
use secrecy::{ExposeSecret, SecretString};

use crate::account::Account;
use crate::binaries::PostgresBinaries;
use crate::child::{Child, ChildError, Folder, StopSteps, end_orphans};
use crate::listen;

pub use crate::account::AccountError;
pub use crate::listen::ListenError;

/// The name of the superuser.
pub const SUPERUSER: &str = "postgres";

/// Crash recovery can take a while on a slow disk.
const READY_DEADLINE: Duration = Duration::from_secs(60);
/// A fast shutdown (sessions ended, all written), then an immediate one (recovery at the next start).
const STOP: StopSteps = &[(Signal::INT, Duration::from_secs(20)), (Signal::QUIT, Duration::from_secs(6))];
const PROCESS_NAME: &str = "postgres";

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// The programs.
    pub binaries: PostgresBinaries,
    /// The cluster's folder; beside it stand `….log`, `….lock` and, while it is made, `….init`.
    pub data_dir: PathBuf,
    /// Addresses to listen on beside 127.0.0.1.
    pub listen: Vec<IpAddr>,
    /// The port; any free one if none is given.
    pub port: Option<u16>,
    /// The account to run under when we are root; `postgres` or `nobody` if none is given.
    pub run_as: Option<String>,
    /// Networks whose clients may connect, as anybody but the superuser.
    pub admitted: Vec<IpNet>,
    /// More of `postgresql.conf`.
    pub settings: Vec<(String, String)>,
    /// The superuser's password: set when the cluster is made, so it must stay the same afterwards.
    pub superuser_password: SecretString,
}

/// Why PostgreSQL doesn't run.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No account to run it under.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// An address can't be listened on.
    #[error("PostgreSQL can't be started")]
    Listen(#[from] ListenError),
    /// The process failed.
    #[error(transparent)]
    Child(#[from] ChildError),
    /// The data folder belongs to another version.
    #[error("{} was made by PostgreSQL {found}, but the programs are version {programs}: use those of {found}", data_dir.display())]
    OtherVersion {
        /// The data folder.
        data_dir: PathBuf,
        /// The version that made it.
        found: u32,
        /// The version of the given programs.
        programs: u32,
    },
    /// The data folder holds something else.
    #[error("{} is not empty and holds no PostgreSQL cluster: choose another folder", data_dir.display())]
    Foreign {
        /// The data folder.
        data_dir: PathBuf,
    },
    /// The cluster can't be made.
    #[error("initdb failed ({status}):\n{output}")]
    Init {
        /// Its exit status.
        status: ExitStatus,
        /// What it said.
        output: String,
    },
}

/// A running PostgreSQL. Dropping it ends the server, which blocks for a moment; [`Postgres::stop`] doesn't.
#[derive(Debug)]
pub struct Postgres {
    // Before the folder: the server has ended when its folder is given up.
    child: Child,
    _folder: Folder,
    port: u16,
    password: SecretString,
}

impl Postgres {
    /// Makes the cluster if there is none, ends what an earlier owner left behind, starts the server, waits until it
    /// accepts connections.
    ///
    /// # Errors
    /// [`PostgresError`], whose text says what to do; after one nothing is left running.
    pub async fn start(mut options: PostgresOptions) -> Result<Self, PostgresError> {
        // The child works in its folder, so a relative path would mean something else to it.
        options.data_dir = std::path::absolute(&options.data_dir).map_err(ChildError::io(&options.data_dir))?;
        let account = Account::choose(options.run_as.as_deref())?;
        account.must_reach(&options.data_dir)?;
        account.must_reach(&options.binaries.program("postgres"))?;
        let folder = Folder::take(&options.data_dir)?;
        end_orphans(&folder, "initdb", &cluster::workshop(&options.data_dir), STOP).await?;
        end_orphans(&folder, PROCESS_NAME, &options.data_dir, STOP).await?;
        cluster::ensure(&options, &account).await?;
        let addresses = listening(&options.listen);
        let port = listen::choose_port(&addresses, options.port)?;
        files::write(&options, &addresses, port, &account)?;
        let mut child = spawn(&options, &account)?;
        let pid = child.pid();
        child.ready(READY_DEADLINE, || ready(cluster::is_ready(&options.data_dir, pid))).await?;
        tracing::info!(postgres.port = port, postgres.major = options.binaries.major(), "PostgreSQL is ready");
        Ok(Self { child, _folder: folder, port, password: options.superuser_password })
    }

    /// The major version of the cluster in `data_dir`, if there is one: the programs must be of this version.
    #[must_use]
    pub fn version_of(data_dir: &Path) -> Option<u32> {
        cluster::version(data_dir)
    }

    /// The port on every address it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The address for us.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The superuser's URL of one database. It holds the password.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> SecretString {
        let password = percent_encoded(self.password.expose_secret());
        format!("postgres://{SUPERUSER}:{password}@{}/{}", self.address(), percent_encoded(database)).into()
    }

    /// The process id of the server, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.pid()
    }

    /// Resolves when the server has ended by itself. Safe to cancel and to call again.
    ///
    /// # Errors
    /// If the system can't say.
    pub async fn wait(&mut self) -> Result<ExitStatus, PostgresError> {
        Ok(self.child.wait().await?)
    }

    /// Ends the server: fast, then immediately, then by force, each with its deadline.
    ///
    /// # Errors
    /// If the system can't signal or await it.
    pub async fn stop(self) -> Result<(), PostgresError> {
        let status = self.child.stop().await?;
        tracing::info!(%status, "PostgreSQL has ended");
        Ok(())
    }
}

fn spawn(options: &PostgresOptions, account: &Account) -> Result<Child, ChildError> {
    let mut command = Command::new(options.binaries.program("postgres"));
    command.arg("-D").arg(&options.data_dir).current_dir(&options.data_dir);
    account.apply(&mut command);
    let log = options.data_dir.with_added_extension("log");
    Child::spawn(PROCESS_NAME, command, &log, STOP)
}

/// The loopback first (it is ours, and serves readiness and the superuser), then the others, each once.
fn listening(wished: &[IpAddr]) -> Vec<IpAddr> {
    let mut addresses = vec![IpAddr::from(Ipv4Addr::LOCALHOST)];
    for address in wished {
        if !addresses.contains(address) {
            addresses.push(*address);
        }
    }
    addresses
}

/// Everything but unreserved characters as `%XX`, for the parts of a URL.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_password_survives_the_url() {
        assert_eq!(percent_encoded("a/b@c:d%e é"), "a%2Fb%40c%3Ad%25e%20%C3%A9");
    }

    #[test]
    fn the_loopback_is_always_there_and_once() {
        let gateway = IpAddr::from([10, 77, 0, 1]);
        let loopback = IpAddr::from([127, 0, 0, 1]);
        assert_eq!(listening(&[gateway, loopback, gateway]), [loopback, gateway]);
    }
}
