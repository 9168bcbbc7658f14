//! A PostgreSQL for one test, gone with it; with the platform's database on it, if asked for ([`Platform`]).
//!
//! Making a cluster takes two seconds, copying one a tenth of that: whichever test comes first makes one in the cache
//! folder, and all copy it. Nobody runs the one in the cache, so it never changes.
#![expect(clippy::unwrap_used, reason = "what a test can't have fails it")]

mod platform;

use std::fs::{File, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use embedded::{Places, Postgres, PostgresOptions};
use secrecy::SecretString;
use tempfile::TempDir;

pub use platform::{DATABASE, Platform, names};

/// A running server of its own. Dropping it ends the server and removes its data.
#[derive(Debug)]
pub struct Cluster {
    // Before its folder, which must outlive it.
    postgres: Postgres,
    _folder: TempDir,
}

impl Cluster {
    /// Starts it.
    ///
    /// # Panics
    /// If the programs are missing (`scripts/setup` installs them) or don't work.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts it with settings of `postgresql.conf`, after those that make tests fast.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("test-cluster-").unwrap();
        // PostgreSQL runs under another account when we are root, and must pass through.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let data_dir = folder.path().join("data");
        copy(&template().await, &data_dir);
        let mut options = options(data_dir);
        options.settings.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let postgres = Postgres::start(options).await.unwrap();
        Self { postgres, _folder: folder }
    }

    /// For a superuser's session in a database.
    #[must_use]
    pub fn superuser_url(&self, database: &str) -> SecretString {
        self.postgres.superuser_url(database)
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.postgres.address()
    }

    /// The server's first process, the parent of all others.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.postgres.pid()
    }

    /// Ends it, politely and for good.
    ///
    /// # Panics
    /// If it doesn't end.
    pub async fn stop(self) {
        self.postgres.stop().await.unwrap();
    }
}

/// One of PostgreSQL's own programs.
///
/// # Panics
/// If they are missing.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    places().postgres(None, None).unwrap().folder().join(name)
}

#[expect(clippy::disallowed_methods, reason = "a test has no configuration but its environment")]
fn places() -> Places {
    Places::usual(|name| std::env::var_os(name))
}

fn options(data_dir: PathBuf) -> PostgresOptions {
    let setting = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    PostgresOptions {
        binaries: places().postgres(None, None).unwrap(),
        data_dir,
        listen: vec![],
        port: None,
        run_as: None,
        admitted: vec![],
        settings: vec![setting("fsync", "off"), setting("shared_buffers", "16MB"), setting("max_connections", "60")],
        superuser_password: "superuser".into(),
    }
}

/// The cluster to copy, made by whoever needs it first while the others wait.
async fn template() -> PathBuf {
    let major = places().postgres(None, None).unwrap().major();
    let folder = places().cache.join(format!("test-cluster-{major}"));
    std::fs::create_dir_all(&folder).unwrap();
    let turn = File::create(folder.join("turn")).unwrap();
    turn.lock().unwrap();
    let (data, made) = (folder.join("data"), folder.join("made"));
    if !made.exists() {
        Postgres::start(options(data.clone())).await.unwrap().stop().await.unwrap();
        File::create(made).unwrap();
    }
    data
}

/// With owners: the files belong to the account PostgreSQL runs under.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").args(["--archive", "--reflink=auto"]).args([from, to]).status().unwrap();
    assert!(status.success(), "cp of the template failed: {status}");
}
