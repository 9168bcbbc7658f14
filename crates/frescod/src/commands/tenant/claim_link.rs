//! `frescod tenant claim-link`

use std::process::ExitCode;

use super::client::{ClaimLink, Server};
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Make a link by which an instance's owner opens it for the first time
///
/// Until somebody has set it up, an instance is closed to everybody but the browser that came by such a link. It is good
/// once. Whoever has it becomes the instance's administrator: give it to its owner only.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod tenant claim-link my-study\n  frescod tenant claim-link my-study --json")]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// As one JSON object: url, expires_at
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let link = client.claim_link(&id).await?;
    if args.json {
        terminal::say_json(&link)?;
    } else {
        terminal::say(&link.url)?;
        terminal::note(&how_long(&link));
    }
    Ok(ExitCode::SUCCESS)
}

/// What to know of a link.
pub(super) fn how_long(link: &ClaimLink) -> String {
    format!("good once, until {}", link.expires_at.format("%Y-%m-%d %H:%M UTC"))
}
