//! `frescod migrate`

use std::process::ExitCode;

use super::ConfigFile;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;
use crate::wiring::parts::{self, Side};

/// Bring the platform's database up to date
///
/// Runs the migrations that are due, all in one transaction, as the role that `database.owner_url_file` names. Safe to
/// repeat, and to run twice at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod migrate\n  frescod migrate --config ./frescod.toml --json")]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let config = args.config.load(environment)?;
    let store = parts::store(&config, Side::Owner).await?;
    let report = store.migrate().await;
    store.close().await;
    let report = report?;
    if args.json {
        terminal::say_json(&serde_json::json!({ "applied": report.applied, "version": report.version }))?;
        return Ok(ExitCode::SUCCESS);
    }
    for migration in &report.applied {
        terminal::say(&format!("applied {migration}"))?;
    }
    terminal::say(&format!("the schema is at version {}", report.version))?;
    Ok(ExitCode::SUCCESS)
}
