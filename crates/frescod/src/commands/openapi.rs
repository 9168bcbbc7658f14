//! `frescod openapi`

use std::process::ExitCode;

use crate::exit::Outcome;
use crate::terminal;

/// Print the OpenAPI document of the HTTP API
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod openapi > openapi.json")]
pub(crate) struct Args {}

pub(crate) fn run(Args {}: Args) -> Outcome {
    terminal::say(api::document().trim_end())?;
    Ok(ExitCode::SUCCESS)
}
