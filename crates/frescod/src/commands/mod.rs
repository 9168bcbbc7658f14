//! The command line: one file a command.
//!
//! To add one: a file with `Args` (its doc comment is its help, examples in `after_help`) and `run`, a variant of
//! [`Command`], a line in [`Cli::run`], and `cargo insta review` for the help's snapshots.

mod config;
mod version;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::{Config, Environment, Problems};
use crate::exit::{self, Outcome};

/// Deploys isolated instances of a web application, each on a subdomain of its own.
#[derive(Debug, Parser)]
#[command(name = "frescod", after_help = exit::HELP, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(subcommand)]
    Config(config::Command),
    Version(version::Args),
}

impl Cli {
    pub(crate) async fn run(self, environment: &Environment) -> Outcome {
        match self.command {
            Command::Config(command) => config::run(command, environment),
            Command::Version(args) => version::run(&args),
        }
    }
}

/// Which configuration a command works with.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfigFile {
    /// The configuration file [usually: /etc/frescod/frescod.toml, which may be absent]
    #[arg(long = "config", value_name = "PATH", env = "FRESCOD_CONFIG", hide_env_values = true)]
    path: Option<PathBuf>,
}

impl ConfigFile {
    pub(crate) fn load(&self, environment: &Environment) -> Result<Config, Problems> {
        Config::load(self.path.as_deref(), environment)
    }
}

#[cfg(test)]
mod tests;
