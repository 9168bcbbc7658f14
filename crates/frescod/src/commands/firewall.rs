//! `frescod firewall …`

use std::process::ExitCode;

use provisioner::firewall::Difference;
use serde_json::json;

use super::ConfigFile;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;
use crate::wiring::parts;

/// Keep tenants to their database, names and the internet, by rules on this host
///
/// Needs root and neither the engine nor a secret. What is allowed stands in `[firewall]`; IPv6, other tenants and all
/// else of this host and its networks are refused.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Make the rules as configured; the same ones again change nothing
    ///
    /// They stay while the engine restarts, and go with a reboot: systemd/fresco-firewall.service applies them before each
    /// start of the engine, and its timer again and again. The exit code is 1 if something is left that this can't mend.
    Apply(ApplyArgs),
    /// Compare the rules that are there with those that should be; the exit code is 1 if they differ
    Check(CheckArgs),
    /// Take away every rule and chain that `apply` made
    Remove(Args),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// Say nothing if the rules were there already
    #[arg(long)]
    quiet: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    config: ConfigFile,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: Command, environment: &Environment) -> Outcome {
    match command {
        Command::Apply(args) => apply(&args, environment).await,
        Command::Check(args) => check(&args, environment).await,
        Command::Remove(args) => remove(&args, environment).await,
    }
}

async fn apply(args: &ApplyArgs, environment: &Environment) -> Outcome {
    let config = args.config.load(environment)?;
    let applied = parts::firewall(&config).apply().await?;
    let bridge = &config.engine.network_interface.0;
    match applied.changed {
        true => terminal::say(&format!("the rules for {bridge} are there now"))?,
        false if args.quiet => {}
        false => terminal::say(&format!("the rules for {bridge} were there already"))?,
    }
    tell(&applied.left)
}

async fn check(args: &CheckArgs, environment: &Environment) -> Outcome {
    let config = args.config.load(environment)?;
    let differences = parts::firewall(&config).check().await?;
    if args.json {
        terminal::say_json(&json!({ "in_force": differences.is_empty(), "differences": differences }))?;
        return Ok(code(&differences));
    }
    if differences.is_empty() {
        terminal::say(&format!("the rules for {} are in force", config.engine.network_interface.0))?;
    }
    tell(&differences)
}

async fn remove(args: &Args, environment: &Environment) -> Outcome {
    let config = args.config.load(environment)?;
    let removed = parts::firewall(&config).remove().await?;
    let bridge = &config.engine.network_interface.0;
    terminal::say(&match removed {
        true => format!("the rules for {bridge} are gone: its tenants reach whatever this host does"),
        false => format!("there were no rules for {bridge}"),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn tell(differences: &[Difference]) -> Outcome {
    for Difference { what, mend } in differences {
        terminal::say(&format!("FAIL  {what}\n      → {mend}"))?;
    }
    Ok(code(differences))
}

fn code(differences: &[Difference]) -> ExitCode {
    if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILURE) }
}
