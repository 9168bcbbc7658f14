//! `frescod tenant destroy`

use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, Utc};
use domain::clock::moment;
use domain::quantity::Span;
use domain::{Clock, SystemClock};

use super::client::{Accepted, Client, Server, Tenant};
use super::deploy::{explain, span};
use super::progress::Progress;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;

/// Destroy a tenant with all its data
///
/// Its address and its container stop at once; its container, its database and its database role are removed when the
/// installation's time for second thoughts is over. Then nothing brings them back. Asks for the subdomain to be typed unless --yes
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
    /// At once, without the time in which it could be undone
    #[arg(long)]
    now: bool,
    /// How long to follow it [usually: 15m, and on while a step is under way, which has a deadline of its own]
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
    let tenant = client.find(&args.tenant).await?;
    confirm(&args, &tenant)?;
    let tenant = end_of(&client, tenant, args.now).await?;
    if let Some(until) = tenant.destroy_after.filter(|until| *until > SystemClock.now()) {
        return pending(&args, &tenant, until);
    }
    let waited = Progress::new(!args.json).follow_newest(&client, &tenant, args.timeout).await?;
    let tenant = waited.map_or(tenant, |waited| waited.tenant);
    let gone = tenant.status == "destroyed";
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

/// It has time for second thoughts: there is nothing to wait for. The status of its row may still be the one before.
fn pending(args: &Args, tenant: &Tenant, until: DateTime<Utc>) -> Outcome {
    if args.json {
        terminal::say_json(&serde_json::json!({
            "status": "destroying", "id": tenant.id, "subdomain": tenant.subdomain, "destroy_after": until,
        }))?;
    } else {
        terminal::say(&format!(
            "{} is being destroyed; what it holds is removed after {}",
            tenant.subdomain,
            moment(&until)
        ))?;
        terminal::note("    → until then `frescod tenant undo` brings it back; --now destroys it at once");
    }
    Ok(ExitCode::SUCCESS)
}

/// The tenant as it is once its end is wished for, by us or by somebody before us.
async fn end_of(client: &Client, tenant: Tenant, now: bool) -> anyhow::Result<Tenant> {
    if tenant.is_to_go() && !now {
        return Ok(tenant);
    }
    match client.destroy(&tenant, now).await {
        Ok(Accepted { tenant, generation }) => Ok(Tenant { generation, ..tenant }),
        Err(error) => {
            // Somebody may have been quicker.
            let shown: Tenant = client.show(&tenant.id).await?;
            if shown.is_to_go() { Ok(shown) } else { Err(error) }
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
