//! `frescod tenant plan`

use std::process::ExitCode;

use clap::ValueEnum;

use super::client::Server;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Show what would be done, without doing it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod tenant plan my-study\n  frescod tenant plan my-study --if destroyed")]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// What if this were asked for [usually: what is asked for]
    #[arg(long = "if", value_enum)]
    state: Option<State>,
    /// As one JSON object
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Running,
    Stopped,
    Destroyed,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Destroyed => "destroyed",
        }
    }
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let plan = client.plan(&id, args.state.map(State::word)).await?;
    if args.json {
        terminal::say_json(&plan)?;
        return Ok(ExitCode::SUCCESS);
    }
    let words = |value: &serde_json::Value| value.as_str().unwrap_or("?").to_owned();
    for (number, step) in plan["steps"].as_array().into_iter().flatten().enumerate() {
        terminal::say(&format!("{:>3}. {}", number + 1, words(&step["description"])))?;
    }
    terminal::say(&format!("then: {} ({})", words(&plan["end"]["detail"]), words(&plan["end"]["decision"])))?;
    for assumption in plan["assumptions"].as_array().into_iter().flatten() {
        terminal::say(&format!("assuming that {}", words(assumption)))?;
    }
    Ok(ExitCode::SUCCESS)
}
