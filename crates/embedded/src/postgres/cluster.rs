//! The data folder: is there a cluster, make one, is its server ready.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use secrecy::ExposeSecret;

use super::{PostgresError, PostgresOptions, SUPERUSER};
use crate::account::Account;
use crate::child::ChildError;

/// The major version in `PG_VERSION`.
pub(super) fn version(data_dir: &Path) -> Option<u32> {
    std::fs::read_to_string(data_dir.join("PG_VERSION")).ok()?.trim().parse().ok()
}

/// A cluster of the programs' version stands in the data folder afterwards.
pub(super) async fn ensure(options: &PostgresOptions, account: &Account) -> Result<(), PostgresError> {
    let (data_dir, programs) = (&options.data_dir, options.binaries.major());
    match version(data_dir) {
        Some(found) if found == programs => Ok(()),
        Some(found) => Err(PostgresError::OtherVersion { data_dir: data_dir.clone(), found, programs }),
        None if is_vacant(data_dir) => create(options, account).await,
        None => Err(PostgresError::Foreign { data_dir: data_dir.clone() }),
    }
}

fn is_vacant(folder: &Path) -> bool {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Where the cluster is made.
pub(super) fn workshop(data_dir: &Path) -> PathBuf {
    data_dir.with_added_extension("init")
}

/// Makes the cluster in `….init` beside the data folder, then renames it: a crash leaves only that, which is cleared.
async fn create(options: &PostgresOptions, account: &Account) -> Result<(), PostgresError> {
    let workshop = workshop(&options.data_dir);
    clear(&workshop)?;
    let io = |source| ChildError::Io { path: workshop.clone(), source };
    DirBuilder::new().mode(0o700).create(&workshop).map_err(io)?;
    account.own(&workshop).map_err(io)?;
    let password_file = workshop.join("password");
    write_password(&password_file, options, account).map_err(io)?;
    initdb(options, account, &workshop).await?;
    std::fs::rename(workshop.join("data"), &options.data_dir).map_err(ChildError::io(&options.data_dir))?;
    sync_parent(&options.data_dir).map_err(ChildError::io(&options.data_dir))?;
    clear(&workshop)?;
    Ok(())
}

/// The password goes through a file: a command line is open to everybody on the machine.
fn write_password(path: &Path, options: &PostgresOptions, account: &Account) -> io::Result<()> {
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(options.superuser_password.expose_secret().as_bytes())?;
    account.own(path)
}

async fn initdb(options: &PostgresOptions, account: &Account, workshop: &Path) -> Result<(), PostgresError> {
    let program = options.binaries.program("initdb");
    let mut command = Command::new(&program);
    command
        .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"])
        .arg(format!("--username={SUPERUSER}"))
        .args(["--pwfile=password", "--pgdata=data"])
        .current_dir(workshop);
    account.apply(&mut command);
    let mut command = tokio::process::Command::from(command);
    let output = command.kill_on_drop(true).output().await.map_err(|source| ChildError::Spawn { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(PostgresError::Init { status: output.status, output: String::from_utf8_lossy(&said).into_owned() })
}

fn clear(folder: &Path) -> Result<(), ChildError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ChildError::io(folder)(error)),
        _ => Ok(()),
    }
}

/// A rename is on disk when its folder is.
fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

/// Whether the server `pid` says of itself that it accepts connections. The file's lines are process id, data folder,
/// start time, port, socket folder, address, shared memory, status (`src/include/utils/pidfile.h` of PostgreSQL).
pub(super) fn is_ready(data_dir: &Path, pid: Option<u32>) -> bool {
    let Ok(text) = std::fs::read_to_string(data_dir.join("postmaster.pid")) else { return false };
    let mut lines = text.lines();
    let writer = lines.next().and_then(|line| line.trim().parse().ok());
    pid.is_some() && writer == pid && lines.nth(6).is_some_and(|status| status.trim() == "ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_servers_word_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postmaster.pid");
        let text = |status| format!("41\n/data\n1790000000\n5432\n\n127.0.0.1\n  1 2\n{status}\n");
        std::fs::write(&file, text("starting")).unwrap();
        assert!(!is_ready(folder.path(), Some(41)));
        std::fs::write(&file, text("ready   ")).unwrap();
        assert!(is_ready(folder.path(), Some(41)));
        assert!(!is_ready(folder.path(), Some(42)));
        assert!(!is_ready(folder.path(), None));
    }
}
