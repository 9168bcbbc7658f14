//! `frescod version`

use std::process::ExitCode;

use crate::exit::Outcome;
use crate::terminal;

/// Print the version
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// As JSON
    #[arg(long)]
    json: bool,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(args: &Args) -> Outcome {
    if args.json {
        terminal::say_json(&serde_json::json!({ "name": "frescod", "version": VERSION }))?;
    } else {
        terminal::say(&format!("frescod {VERSION}"))?;
    }
    Ok(ExitCode::SUCCESS)
}
