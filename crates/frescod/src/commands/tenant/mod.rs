//! `frescod tenant …`: through the HTTP API, as anybody else's program would.

mod change;
mod claim_link;
mod client;
mod deploy;
mod destroy;
mod follow;
mod list;
mod logs;
mod open;
mod plan;
mod probe;
mod progress;
mod reopen_setup;
mod show;
mod stats;
mod variables;
mod wait;

use change::Operation;
use serde_json::json;

use super::http::problem;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

pub(crate) use progress::Unwatched;

/// Deploy tenants, change them and look at them, through the HTTP API
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Deploy(deploy::Args),
    List(list::Args),
    Show(show::Args),
    Logs(logs::Args),
    Stats(stats::Args),
    Plan(plan::Args),
    Probe(probe::Args),
    Wait(wait::Args),
    /// Start a tenant that is stopped, or try one that is in trouble again now
    Start(change::Args),
    /// Stop a tenant; its address, its data and its settings stay
    Stop(change::Args),
    /// Restart a tenant: a new container takes over when it is ready
    Restart(change::Args),
    Update(change::UpdateArgs),
    Rollback(change::RollbackArgs),
    /// Leave what is under way, and go back to what was before
    Cancel(change::Args),
    /// Bring a destroyed tenant back, as long as its removal has not begun
    Undo(change::Args),
    ClaimLink(claim_link::Args),
    ReopenSetup(reopen_setup::Args),
    Open(open::Args),
    Destroy(destroy::Args),
}

impl Command {
    /// Whether a program reads the result.
    const fn is_for_a_program(&self) -> bool {
        match self {
            Self::Deploy(args) => args.follow.json,
            Self::List(args) => args.json,
            Self::Show(args) => args.json,
            Self::Logs(args) => args.json,
            Self::Stats(args) => args.json,
            Self::Plan(args) => args.json,
            Self::Probe(args) => args.json,
            Self::Wait(args) => args.json,
            Self::Start(args) | Self::Stop(args) | Self::Restart(args) | Self::Cancel(args) | Self::Undo(args) => {
                args.json()
            }
            Self::Update(args) => args.json(),
            Self::Rollback(args) => args.json(),
            Self::ClaimLink(args) => args.json,
            Self::ReopenSetup(args) => args.json,
            Self::Open(_) => false,
            Self::Destroy(args) => args.json,
        }
    }
}

/// Whatever a program asked for, it gets one JSON object: what went wrong stands under `error`.
pub(crate) async fn run(command: Command, environment: &Environment) -> Outcome {
    let for_a_program = command.is_for_a_program();
    let outcome = dispatch(command, environment).await;
    if let Err(error) = &outcome
        && for_a_program
    {
        terminal::say_json(&json!({ "error": problem(error) }))?;
    }
    outcome
}

async fn dispatch(command: Command, environment: &Environment) -> Outcome {
    match command {
        Command::Deploy(args) => deploy::run(args, environment).await,
        Command::List(args) => list::run(args, environment).await,
        Command::Show(args) => show::run(args, environment).await,
        Command::Logs(args) => logs::run(args, environment).await,
        Command::Stats(args) => stats::run(args, environment).await,
        Command::Plan(args) => plan::run(args, environment).await,
        Command::Probe(args) => probe::run(args, environment).await,
        Command::Wait(args) => wait::run(args, environment).await,
        Command::Start(args) => change::run(Operation::Start, args, environment).await,
        Command::Stop(args) => change::run(Operation::Stop, args, environment).await,
        Command::Restart(args) => change::run(Operation::Restart, args, environment).await,
        Command::Update(args) => change::update(args, environment).await,
        Command::Rollback(args) => change::roll_back(args, environment).await,
        Command::Cancel(args) => change::run(Operation::Cancel, args, environment).await,
        Command::Undo(args) => change::run(Operation::Undo, args, environment).await,
        Command::Open(args) => open::run(args, environment).await,
        Command::ReopenSetup(args) => reopen_setup::run(args, environment).await,
        Command::ClaimLink(args) => claim_link::run(args, environment).await,
        Command::Destroy(args) => destroy::run(args, environment).await,
    }
}
