//! `frescod tenant list`

use std::process::ExitCode;

use super::client::{Server, Tenant};
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// List the tenants, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod tenant list\n  frescod tenant list --status error --json")]
pub(crate) struct Args {
    /// Only those whose subdomain contains this
    #[arg(long)]
    search: Option<String>,
    /// Only those with this status, such as active or error
    #[arg(long)]
    status: Option<String>,
    /// Tombstones too
    #[arg(long)]
    destroyed: bool,
    /// As one JSON array, with everything the API says
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let search = args.search.as_deref().map(|text| ("search", text));
    let status = args.status.as_deref().map(|text| ("status", text));
    let destroyed = args.destroyed.then_some(("destroyed", "true"));
    let query: Vec<_> = [search, status, destroyed].into_iter().flatten().collect();
    let tenants = client.list(&query).await?;
    if args.json {
        terminal::say_json(&tenants)?;
        return Ok(ExitCode::SUCCESS);
    }
    let tenants = tenants.into_iter().map(serde_json::from_value).collect::<Result<Vec<Tenant>, _>>()?;
    let rows: Vec<_> = tenants.iter().map(row).collect();
    terminal::say_table(&["SUBDOMAIN", "STATUS", "WANTED", "APP", "CREATED", "ADDRESS"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row(tenant: &Tenant) -> Vec<String> {
    let app =
        [Some(tenant.app.as_str()), tenant.version.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    vec![
        tenant.subdomain.clone(),
        tenant.status.clone(),
        tenant.desired_state.clone(),
        app,
        tenant.created_at.format("%Y-%m-%d %H:%M").to_string(),
        tenant.url.clone(),
    ]
}
