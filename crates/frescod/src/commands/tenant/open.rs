//! `frescod tenant open`

use std::process::ExitCode;

use super::client::Server;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Open an instance to everybody, whatever its app says of its set-up
///
/// For one that is set up though the platform can't tell, as with a version it doesn't know. If it is not set up, whoever
/// comes first becomes its administrator. It can't be closed again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod tenant open my-study --confirm my-study")]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// Its subdomain, to say that it is meant
    #[arg(long, value_name = "SUBDOMAIN")]
    confirm: String,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let tenant = client.open(&id, &args.confirm).await?;
    terminal::note(&format!("{} is open to everybody:", tenant.subdomain));
    terminal::say(&tenant.url)?;
    Ok(ExitCode::SUCCESS)
}
