//! A tenant's data as a file, before a release and back again: `pg_dump` and `pg_restore` of PostgreSQL's own.
//!
//! Both run with the tenant's own credentials, so neither can read or do more than the tenant, whatever stands in its
//! database. The password goes to them in their environment, which only their own user and root can read, who can read the
//! key to all passwords as well: a file would be left behind by who is killed. A dump appears whole or not at all, mode
//! 0600.
//!
//! Whoever is killed (`kill -9`, out of memory) takes them along, by [`SETPRIV`]; and before a restore begins, the
//! tenant's other sessions are ended, so that nothing that outlived somebody writes beside it.
//!
//! A restore empties what the tenant has first, table by table, then fills it; that is no one transaction, because some
//! thousands of tables are more than PostgreSQL's lock table holds. Cut short, it is run again from the same file. Nothing
//! here decides to restore: somebody asks for it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use domain::app::Isolation;
use domain::{Clock as _, SystemClock, TenantId};
use secrecy::{ExposeSecret, SecretString};
use tempfile::NamedTempFile;
use tokio::process::Command;

use super::majors;
use crate::database::ident::{PlainName, database_name, role_name, schema_name};
use crate::database::{DatabaseError, PostgresTenants};

/// How a dump that is being taken is called, until it is whole.
pub(super) const DRAFT: &str = ".dump-";

/// util-linux's, part of every Debian and Ubuntu: has the kernel kill a program when the thread that started it ends. That
/// is one of the runtime's own, which end with the process; `spawn_blocking`'s do not. Without it a program that outlives
/// us ends by itself.
const SETPRIV: &str = "/usr/bin/setpriv";

/// Where the programs are and how long they may take.
#[derive(Clone, Debug)]
pub struct DumpOptions {
    /// The folder with `pg_dump` and `pg_restore` of the server's major version.
    pub programs: PathBuf,
    /// The longest a dump or a restore may take.
    pub deadline: Duration,
}

/// Why there is no dump, or no restore.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    #[error(
        "{program} is not in {}: install PostgreSQL's client programs of the server's major version (Debian: \
         `postgresql-client-17`) and name their folder", folder.display()
    )]
    NoProgram { program: &'static str, folder: PathBuf },
    #[error(
        "{program} in {} is of PostgreSQL {programs}, which can't bring data back to a server of PostgreSQL {server}: install \
         its client programs (Debian: `postgresql-client-{server}`) and name their folder with `dumps.programs` (Debian: \
         `/usr/lib/postgresql/{server}/bin`)", folder.display()
    )]
    OtherMajor { program: &'static str, programs: u32, server: u32, folder: PathBuf },
    #[error("{program} in {} does not tell its version: it answers {answer:?}", folder.display())]
    NoVersion { program: &'static str, answer: String, folder: PathBuf },
    #[error("the version of the tenants' PostgreSQL can't be told")]
    Server(#[source] DatabaseError),
    #[error("{} can't be used: {source}", path.display())]
    Io {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{program} failed: {said}")]
    Failed { program: &'static str, said: String },
    #[error("{program} did not end within {} s", deadline.as_secs())]
    TooSlow { program: &'static str, deadline: Duration },
    #[error("what the tenant has could not be emptied before the restore")]
    Empty(#[source] DatabaseError),
}

impl DumpError {
    /// Whether asking again gives the same.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::NoProgram { .. } | Self::OtherMajor { .. } | Self::NoVersion { .. })
    }
}

/// Whose data, and the password to it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub tenant: TenantId,
    pub isolation: Isolation,
    pub password: &'a SecretString,
}

/// Dumps and restores.
#[derive(Debug)]
pub struct Dumps<'a> {
    tenants: &'a PostgresTenants,
    options: &'a DumpOptions,
}

impl<'a> Dumps<'a> {
    #[must_use]
    pub const fn new(tenants: &'a PostgresTenants, options: &'a DumpOptions) -> Self {
        Self { tenants, options }
    }

    /// Writes all the tenant has to `into`, in PostgreSQL's custom format; a file that is there is replaced.
    ///
    /// # Errors
    /// [`DumpError`]; `into` is then what it was.
    pub async fn dump(&self, subject: Subject<'_>, into: &Path) -> Result<(), DumpError> {
        // A dump that can't be brought back is none.
        self.must_fit("pg_dump").await?;
        let folder = into.parent().unwrap_or(Path::new("."));
        // Made with mode 0600; gone again unless it is kept.
        let file = NamedTempFile::with_prefix_in(DRAFT, folder).map_err(io(folder))?;
        let mut arguments = vec!["--format=custom".to_owned(), "--no-owner".to_owned(), "--no-privileges".to_owned()];
        arguments.extend(its_schema(subject));
        arguments.push(format!("--file={}", file.path().display()));
        let began = SystemTime::from(SystemClock.now());
        self.run("pg_dump", subject, &arguments).await?;
        let file = on_disk(file, began).await.map_err(io(into))?;
        file.persist(into).map_err(|error| DumpError::Io { path: into.to_owned(), source: error.error })?;
        let names = async { tokio::fs::File::open(folder).await?.sync_all().await };
        names.await.map_err(io(folder))
    }

    /// Makes the tenant have what `from` holds, and nothing else. Its container must not run.
    ///
    /// # Errors
    /// [`DumpError`]; the tenant's data is then incomplete until a restore succeeds.
    pub async fn restore(&self, subject: Subject<'_>, from: &Path) -> Result<(), DumpError> {
        std::fs::File::open(from).map_err(io(from))?;
        self.must_fit("pg_restore").await?;
        self.must_be_a_dump(from).await?;
        self.tenants.empty(subject.tenant, subject.isolation, subject.password).await.map_err(DumpError::Empty)?;
        let database = database_of(subject, self.tenants.shared_database());
        let mut arguments = ["--no-owner", "--no-privileges", "--exit-on-error"].map(str::to_owned).to_vec();
        arguments.extend(its_schema(subject));
        arguments.extend([format!("--dbname={database}"), from.display().to_string()]);
        self.run("pg_restore", subject, &arguments).await
    }

    /// Whether both programs are there, and bring data back to this server.
    ///
    /// # Errors
    /// [`DumpError`] says what is in the way.
    pub async fn check(&self) -> Result<(), DumpError> {
        self.must_fit("pg_dump").await?;
        self.must_fit("pg_restore").await
    }

    /// Asked each time: whoever updates a host changes its programs while we run.
    async fn must_fit(&self, program: &'static str) -> Result<(), DumpError> {
        let mut command = self.command(program)?;
        command.arg("--version");
        let answer = self.end_of(program, command).await?;
        let folder = self.options.programs.clone();
        let Some(programs) = majors::major_in(&answer) else {
            return Err(DumpError::NoVersion { program, answer, folder });
        };
        let server = self.tenants.major().await.map_err(DumpError::Server)?;
        if majors::fit(programs, server) {
            Ok(())
        } else {
            Err(DumpError::OtherMajor { program, programs, server, folder })
        }
    }

    /// Reads the table of contents: a damaged file is noticed before anything is dropped for it.
    async fn must_be_a_dump(&self, from: &Path) -> Result<(), DumpError> {
        let mut command = self.command("pg_restore")?;
        command.arg("--list").arg(from);
        self.end_of("pg_restore", command).await.map(drop)
    }

    async fn run(&self, program: &'static str, subject: Subject<'_>, arguments: &[String]) -> Result<(), DumpError> {
        let database = database_of(subject, self.tenants.shared_database());
        let mut command = self.command(program)?;
        command
            .args(arguments)
            .env("PGPASSWORD", subject.password.expose_secret())
            .env("PGUSER", role_name(subject.tenant))
            .env("PGDATABASE", database)
            // The role's own limit is meant for the app's queries.
            .env("PGOPTIONS", "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0");
        self.end_of(program, command).await.map(drop)
    }

    /// The program, with nothing of our environment, and no longer there than we. Debian's wrapper of it picks a version by
    /// which server is asked for, so it is told always.
    fn command(&self, program: &'static str) -> Result<Command, DumpError> {
        let path = self.options.programs.join(program);
        if !path.is_file() {
            return Err(DumpError::NoProgram { program, folder: self.options.programs.clone() });
        }
        let mut command = mortal(&path);
        let address = self.tenants.login_address();
        command
            .env_clear()
            .env("LC_ALL", "C.UTF-8")
            .env("PGHOST", address.ip().to_string())
            .env("PGPORT", address.port().to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Ok(command)
    }

    /// What it printed.
    async fn end_of(&self, program: &'static str, mut command: Command) -> Result<String, DumpError> {
        let deadline = self.options.deadline;
        let output = tokio::time::timeout(deadline, command.output())
            .await
            .map_err(|_| DumpError::TooSlow { program, deadline })?
            .map_err(io(&self.options.programs))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim().chars().take(2000).collect();
        Err(DumpError::Failed { program, said })
    }
}

fn io(path: &Path) -> impl FnOnce(io::Error) -> DumpError {
    let path = path.to_owned();
    move |source| DumpError::Io { path, source }
}

/// In a database of its own all is the tenant's. A shared one is narrowed down, which leaves the schema itself out of a
/// restore: the tenant may not make one.
fn its_schema(subject: Subject<'_>) -> Option<String> {
    match subject.isolation {
        Isolation::Database => None,
        Isolation::Schema => Some(format!("--schema={}", schema_name(subject.tenant))),
    }
}

fn database_of(subject: Subject<'_>, shared: &PlainName) -> String {
    match subject.isolation {
        Isolation::Database => database_name(subject.tenant),
        Isolation::Schema => shared.to_string(),
    }
}

fn mortal(program: &Path) -> Command {
    if !Path::new(SETPRIV).is_file() {
        return Command::new(program);
    }
    let mut command = Command::new(SETPRIV);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// All of it, dated by when the data are. A large one takes a while, so this is no thread of the runtime's.
async fn on_disk(file: NamedTempFile, of: SystemTime) -> io::Result<NamedTempFile> {
    let work = move || {
        file.as_file().set_modified(of)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    tokio::task::spawn_blocking(work).await?
}
