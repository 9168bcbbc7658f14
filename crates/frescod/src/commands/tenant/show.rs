//! `frescod tenant show`

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use domain::{Clock, SystemClock};
use serde_json::Value;

use super::client::{Condition, FirstRun, Server, Tenant};
use super::deploy::explanation;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Show a tenant: what should be, and what was last seen
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod tenant show my-study\n  frescod tenant show my-study --json")]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// As one JSON object, with everything the API says
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let whole: Value = client.show(&id).await?;
    if args.json {
        terminal::say_json(&whole)?;
        return Ok(ExitCode::SUCCESS);
    }
    let tenant: Tenant = serde_json::from_value(whole)?;
    let wanted = format!("{} (generation {})", tenant.desired_state, tenant.generation);
    let first_run = tenant.first_run.as_ref().map(|run| words(run, SystemClock.now())).unwrap_or_default();
    let lines = [
        ("tenant", tenant.id.as_str()),
        ("address", &tenant.url),
        ("app", &tenant.app),
        ("version", tenant.version.as_deref().unwrap_or("not known yet")),
        ("wanted", &wanted),
        ("status", &tenant.status),
        ("first run", &first_run),
    ];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty());
    for (name, value) in lines {
        terminal::say(&format!("{name:<10} {value}"))?;
    }
    for condition in &tenant.conditions {
        let Condition { kind, holds, since } = condition;
        terminal::say(&format!("{:<10} {kind:<16} {holds:<8} since {}", "", since.format("%Y-%m-%d %H:%M:%S")))?;
    }
    for (number, line) in explanation(&tenant).iter().enumerate() {
        let name = if number == 0 { "error" } else { "" };
        terminal::say(&format!("{name:<10} {line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How far the first visitor has come, with the time that is left.
fn words(run: &FirstRun, now: DateTime<Utc>) -> String {
    let left = run.until.map(|until| (until - now).num_minutes()).filter(|minutes| *minutes >= 0);
    let left = left.map(|minutes| format!(", {}:{:02} h left", minutes / 60, minutes % 60)).unwrap_or_default();
    let closed = if run.gated { "; closed to all but its owner" } else { "" };
    format!("{}{left}{closed}", run.state.replace('_', " "))
}
