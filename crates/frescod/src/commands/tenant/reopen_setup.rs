//! `frescod tenant reopen-setup`

use std::process::ExitCode;

use domain::quantity::Span;

use super::claim_link::how_long;
use super::client::Server;
use super::deploy::{explain, span};
use super::progress::Progress;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;

/// Let an instance's set-up begin anew, and make its owner a claim link
///
/// An app such as Fresco accepts its first visitor for some hours only. This sets its clock back and restarts it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod tenant reopen-setup my-study\n  frescod tenant reopen-setup my-study --json"
)]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// How long to follow the restart [usually: 15m, and on while a step is under way, which has a deadline of its own]
    #[arg(long, value_name = "TIME", value_parser = span)]
    timeout: Option<Span>,
    /// Print the claim link as one JSON object: url, expires_at
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let accepted = client.ask(&id, "reopen-setup").await?;
    let waited = Progress::new(!args.json).follow(&client, (&id, accepted.generation), args.timeout).await?;
    let Some(tenant) = waited.filter(|waited| waited.reached).map(|waited| waited.tenant) else {
        explain(&client.show(&id).await?, "is not ready yet; its set-up begins anew once it is");
        return Ok(ExitCode::from(exit::FAILURE));
    };
    let link = client.claim_link(&id).await?;
    if args.json {
        terminal::say_json(&link)?;
    } else {
        terminal::note(&format!(
            "{} awaits its first visitor again; open this in the owner's browser:",
            tenant.subdomain
        ));
        terminal::say(&link.url)?;
        terminal::note(&how_long(&link));
    }
    Ok(ExitCode::SUCCESS)
}
