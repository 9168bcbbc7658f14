//! The command line: one file a command.
//!
//! To add one: a file with `Args` (its doc comment is its help, examples in `after_help`) and `run`, a variant of
//! [`Command`], a line in [`Cli::run`], and `cargo insta review` for the help's snapshots.

mod audit;
mod bootstrap_sql;
mod config;
mod credentials;
mod dev;
mod doctor;
pub(crate) mod engine_view;
mod firewall;
pub(crate) mod http;
mod login;
mod logout;
mod mail;
mod migrate;
mod openapi;
pub(crate) mod operator_key;
mod probe_inside;
mod sealing_key;
pub(crate) mod serve;
pub(crate) mod tenant;
mod user;
mod version;
mod whoami;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::{Config, Environment, Problems, Role};
use crate::exit::{self, Outcome};

/// Deploys isolated instances of a web application, each on a subdomain of its own.
#[derive(Debug, Parser)]
#[command(name = "frescod", version, after_help = exit::HELP, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Dev(dev::Args),
    Migrate(migrate::Args),
    BootstrapSql(bootstrap_sql::Args),
    Doctor(doctor::Args),
    EngineView(engine_view::Args),
    #[command(subcommand)]
    Firewall(firewall::Command),
    #[command(subcommand)]
    Config(config::Command),
    #[command(subcommand)]
    Audit(audit::Command),
    #[command(subcommand)]
    Mail(mail::Command),
    #[command(subcommand)]
    OperatorKey(operator_key::Command),
    #[command(subcommand)]
    SealingKey(sealing_key::Command),
    Login(login::Args),
    Logout(logout::Args),
    Whoami(whoami::Args),
    #[command(subcommand)]
    Tenant(tenant::Command),
    #[command(subcommand)]
    User(user::Command),
    Openapi(openapi::Args),
    #[command(hide = true)]
    ProbeInside(probe_inside::Args),
    Version(version::Args),
}

impl Cli {
    /// Whether one thread does: a tenant's limit of processes is not to be used up by us.
    pub(crate) const fn is_modest(&self) -> bool {
        matches!(self.command, Command::ProbeInside(_))
    }

    pub(crate) async fn run(self, environment: &Environment) -> Outcome {
        match self.command {
            Command::Serve(args) => serve::run(args, environment).await,
            Command::Dev(args) => dev::run(args, environment).await,
            Command::Migrate(args) => migrate::run(args, environment).await,
            Command::BootstrapSql(args) => bootstrap_sql::run(args),
            Command::Doctor(args) => doctor::run(args, environment).await,
            Command::EngineView(args) => engine_view::run(&args, environment).await,
            Command::Firewall(command) => firewall::run(command, environment).await,
            Command::Config(command) => config::run(command, environment),
            Command::Audit(command) => audit::run(command, environment).await,
            Command::Mail(command) => mail::run(command, environment).await,
            Command::OperatorKey(command) => operator_key::run(command, environment).await,
            Command::SealingKey(command) => sealing_key::run(command),
            Command::Login(args) => login::run(args, environment).await,
            Command::Logout(args) => logout::run(args, environment).await,
            Command::Whoami(args) => whoami::run(args, environment).await,
            Command::Tenant(command) => tenant::run(command, environment).await,
            Command::User(command) => user::run(command, environment).await,
            Command::ProbeInside(args) => probe_inside::run(&args, environment).await,
            Command::Openapi(args) => openapi::run(args),
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
    /// For a command that is no part of the daemon.
    pub(crate) fn load(&self, environment: &Environment) -> Result<Config, Problems> {
        Config::load(self.path.as_deref(), environment, None)
    }

    pub(crate) fn load_as(&self, role: Role, environment: &Environment) -> Result<Config, Problems> {
        Config::load(self.path.as_deref(), environment, Some(role))
    }
}

#[cfg(test)]
mod tests;
