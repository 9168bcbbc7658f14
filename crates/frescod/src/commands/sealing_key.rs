//! `frescod sealing-key create|public`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use domain::SystemEntropy;
use storage::Keyring;

use crate::exit::Outcome;
use crate::terminal;

/// Make the keys that tenants' secrets, and what proves who people are, are sealed with
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Create(Create),
    Public(Public),
}

/// Write a new key into a file of its own, readable for its owner only
///
/// A file that is there is left alone, and is an error: to change the key, put a new file's line on top of the old one's.
/// Keep a copy away from this host: without it no tenant's password can be read again.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod sealing-key create /etc/frescod/secrets/key\n  frescod sealing-key create /etc/frescod/secrets/auth-key"
)]
pub(crate) struct Create {
    /// The file to write; `secrets.key_file` or `auth.key_file` names it
    path: PathBuf,
}

/// Print the half of the newest key that seals and can't open
///
/// For `secrets.public_key_file`, which is all that `frescod serve --role api` has of the key.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  (umask 077; frescod sealing-key public /etc/frescod/secrets/key >/etc/frescod/secrets/public-key)"
)]
pub(crate) struct Public {
    /// The key file
    path: PathBuf,
}

pub(crate) fn run(command: Command) -> Outcome {
    match command {
        Command::Create(Create { path }) => create(&path),
        Command::Public(Public { path }) => {
            terminal::say(&Keyring::from_file(&path)?.sealer().to_line())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn create(path: &Path) -> Outcome {
    Keyring::generate_file(path, &SystemEntropy).with_context(|| format!("no key was made at {}", path.display()))?;
    terminal::say(&format!("{} holds a new key: keep a copy of it away from this host", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
