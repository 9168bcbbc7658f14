//! `frescod tenant wait`

use std::process::ExitCode;

use domain::quantity::Span;

use super::client::Server;
use super::deploy::{explain, span};
use super::progress::Progress;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;

/// Wait until a tenant is as it should be
///
/// The exit code is 1 if it has failed for good, or the time is over.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod tenant wait my-study --timeout 2m\n  frescod tenant wait my-study --generation 3"
)]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// The generation to wait for [usually: the newest]
    #[arg(long)]
    generation: Option<i64>,
    /// How long [usually: 15m, and on while a step is under way, which has a deadline of its own]
    #[arg(long, value_name = "TIME", value_parser = span)]
    timeout: Option<Span>,
    /// Print one JSON object at the end, and no progress
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let mut tenant = client.find(&args.tenant).await?;
    let mut progress = Progress::new(!args.json);
    let waited = match args.generation {
        Some(generation) => progress.follow(&client, (&tenant.id, generation), args.timeout).await?,
        None => progress.follow_newest(&client, &tenant, args.timeout).await?,
    };
    let reached = waited.as_ref().is_some_and(|waited| waited.reached);
    tenant = waited.map_or(tenant, |waited| waited.tenant);
    if args.json {
        let error = tenant.last_error.as_ref().filter(|_| !reached);
        terminal::say_json(&serde_json::json!({
            "reached": reached, "id": tenant.id, "status": tenant.status, "url": tenant.url, "error": error,
        }))?;
    } else if reached {
        terminal::say(&format!("{} is {}", tenant.subdomain, tenant.status))?;
    } else {
        explain(&tenant, "isn't as it should be");
    }
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILURE) })
}
