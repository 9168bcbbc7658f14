//! `frescod tenant destroy`

use std::process::ExitCode;

use anyhow::bail;
use domain::quantity::Span;

use super::client::{Accepted, Client, Server, Tenant};
use super::deploy::{explain, span};
use super::progress::Progress;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;

/// Destroy a tenant with all its data
///
/// Its address, its container, its database and its database role go. Asks for the subdomain to be typed unless --yes
/// or --confirm is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  frescod tenant destroy my-study
  frescod tenant destroy tnt_0190a1b2c3d4e5f60718293a4b5c6d7e --confirm my-study")]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// Don't ask
    #[arg(long, conflicts_with = "confirm")]
    yes: bool,
    /// The tenant's subdomain, instead of typing it when asked
    #[arg(long, value_name = "SUBDOMAIN")]
    confirm: Option<String>,
    /// How long to follow it
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = span)]
    timeout: Span,
    /// Print one JSON object at the end, and no progress
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let tenant = client.find(&args.tenant).await?;
    confirm(&args, &tenant)?;
    let tenant = end_of(&client, tenant).await?;
    let mut progress = Progress::new(!args.json);
    let waited = progress.follow(&client, (&tenant.id, tenant.generation), args.timeout.0).await?;
    let gone = waited.as_ref().is_some_and(|waited| waited.reached);
    let tenant = waited.map_or(tenant, |waited| waited.tenant);
    if args.json {
        let error = tenant.last_error.as_ref().filter(|_| !gone);
        terminal::say_json(&serde_json::json!({
            "status": tenant.status, "id": tenant.id, "subdomain": tenant.subdomain, "error": error,
        }))?;
    } else if gone {
        terminal::say(&format!("{} is destroyed", tenant.subdomain))?;
    } else {
        explain(&tenant, "isn't destroyed yet; it is tried on in the background");
    }
    Ok(if gone { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILURE) })
}

/// The tenant as it is once its end is wished for, by us or by somebody before us.
async fn end_of(client: &Client, tenant: Tenant) -> anyhow::Result<Tenant> {
    if tenant.is_to_go() {
        return Ok(tenant);
    }
    match client.destroy(&tenant).await {
        Ok(Accepted { tenant, generation }) => Ok(Tenant { generation, ..tenant }),
        Err(error) => {
            // Somebody may have been quicker.
            let now: Tenant = client.show(&tenant.id).await?;
            if now.is_to_go() { Ok(now) } else { Err(error) }
        }
    }
}

fn confirm(args: &Args, tenant: &Tenant) -> anyhow::Result<()> {
    if args.yes {
        return Ok(());
    }
    let question = format!("{} and all its data will be destroyed. Type its subdomain to go on:", tenant.url);
    let typed = match &args.confirm {
        Some(given) => Some(given.clone()),
        None => terminal::ask(&question)?,
    };
    match typed {
        Some(typed) if typed == tenant.subdomain => Ok(()),
        Some(typed) => bail!("`{typed}` is not `{}`: nothing was destroyed", tenant.subdomain),
        None => bail!("nobody to ask: give --confirm {} or --yes", tenant.subdomain),
    }
}
