//! `frescod tenant …`: through the HTTP API, as anybody else's program would.

mod claim_link;
mod client;
mod deploy;
mod destroy;
mod list;
mod plan;
mod progress;
mod show;
mod wait;

use crate::config::Environment;
use crate::exit::Outcome;

pub(crate) use progress::Unwatched;

/// Deploy tenants and look at them, through the HTTP API
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Deploy(deploy::Args),
    List(list::Args),
    Show(show::Args),
    Plan(plan::Args),
    Wait(wait::Args),
    ClaimLink(claim_link::Args),
    Destroy(destroy::Args),
}

pub(crate) async fn run(command: Command, environment: &Environment) -> Outcome {
    match command {
        Command::Deploy(args) => deploy::run(args, environment).await,
        Command::List(args) => list::run(args, environment).await,
        Command::Show(args) => show::run(args, environment).await,
        Command::Plan(args) => plan::run(args, environment).await,
        Command::Wait(args) => wait::run(args, environment).await,
        Command::ClaimLink(args) => claim_link::run(args, environment).await,
        Command::Destroy(args) => destroy::run(args, environment).await,
    }
}
