//! `frescod sealing-key create`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use domain::SystemEntropy;
use storage::Keyring;

use crate::exit::Outcome;
use crate::terminal;

/// Make the key that tenants' secrets are sealed with
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Create(Create),
}

/// Write a new key into a file of its own, readable for its owner only
///
/// A file that is there is left alone, and is an error: to change the key, put a new file's line on top of the old one's.
/// Keep a copy away from this host: without it no tenant's password can be read again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod sealing-key create /etc/frescod/secrets/key")]
pub(crate) struct Create {
    /// The file to write; `secrets.key_file` names it
    path: PathBuf,
}

pub(crate) fn run(command: Command) -> Outcome {
    let Command::Create(Create { path }) = command;
    Keyring::generate_file(&path, &SystemEntropy).with_context(|| format!("no key was made at {}", path.display()))?;
    terminal::say(&format!("{} holds a new key: keep a copy of it away from this host", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
