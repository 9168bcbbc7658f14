//! `frescod tenant start`, `stop`, `restart`, `update`, `rollback`, `cancel`, `undo`

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::client::{Accepted, Client, Tenant};
use super::deploy::{cores, explain, limits};
use super::follow::Follow;
use super::progress::Progress;
use super::variables::Variables;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;

/// What is asked of a tenant without saying more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Start,
    Stop,
    Restart,
    Cancel,
    Undo,
}

impl Operation {
    /// As the API calls it.
    const fn path(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Cancel => "cancel",
            Self::Undo => "undo-destroy",
        }
    }
}

/// Which tenant, and whether to follow it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    #[command(flatten)]
    follow: Follow,
}

/// Go back to the image and the settings that served before
///
/// The data stay as they are: what a newer version has changed in the database is not taken back, unless --restore asks for
/// the dump that was taken before it. What was entered since is then gone from the instance; it is saved on the host first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  frescod tenant rollback my-study
  frescod tenant rollback my-study --restore")]
pub(crate) struct RollbackArgs {
    /// Subdomain or id
    tenant: String,
    /// Bring the data back too, as they were before the release that is gone back over
    #[arg(long)]
    restore: bool,
    #[command(flatten)]
    follow: Follow,
}

/// Change a tenant's image, limits or environment
///
/// The new container has to become ready before it takes over. If it does not, what ran before serves on, and the exit
/// code is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  frescod tenant update my-study --image fresco:4.1.0
  frescod tenant update my-study --refresh-image
  frescod tenant update my-study --image-policy automatic
  frescod tenant update my-study --memory 512MiB --env SANDBOX_MODE=true --unset DISABLE_ANALYTICS")]
pub(crate) struct UpdateArgs {
    /// Subdomain or id
    tenant: String,
    /// Another image
    #[arg(long)]
    image: Option<String>,
    /// Have the image's tag looked up again, for newer content
    #[arg(long)]
    refresh_image: bool,
    /// Who decides when it gets another image: you, or the platform as well when the app's manifest names another
    #[arg(long, value_parser = ["manual", "automatic"])]
    image_policy: Option<String>,
    /// Memory, such as 512MiB
    #[arg(long)]
    memory: Option<String>,
    /// Cores, such as 0.5
    #[arg(long, value_parser = cores)]
    cpus: Option<f64>,
    #[command(flatten)]
    variables: Variables,
    /// Take a variable back; may be repeated
    #[arg(long, value_name = "NAME")]
    unset: Vec<String>,
    #[command(flatten)]
    follow: Follow,
}

impl Args {
    pub(super) const fn json(&self) -> bool {
        self.follow.json
    }
}

impl RollbackArgs {
    pub(super) const fn json(&self) -> bool {
        self.follow.json
    }
}

impl UpdateArgs {
    pub(super) const fn json(&self) -> bool {
        self.follow.json
    }

    /// The merge patch: what isn't said stays.
    fn patch(&self) -> Value {
        let unset = self.unset.iter().map(|name| (name.clone(), Value::Null));
        let environment: Map<_, _> = self.variables.set().into_iter().chain(unset).collect();
        let parts = [
            ("image", self.image.clone().map(Value::from)),
            ("refresh_image", self.refresh_image.then_some(Value::Bool(true))),
            ("image_policy", self.image_policy.clone().map(Value::from)),
            ("limits", limits(self.memory.as_deref(), self.cpus)),
            ("environment", Some(Value::Object(environment)).filter(|variables| variables != &json!({}))),
        ];
        Value::Object(parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
    }
}

pub(crate) async fn run(operation: Operation, args: Args, environment: &Environment) -> Outcome {
    let client = args.follow.server.client(environment)?;
    let tenant = client.find(&args.tenant).await?;
    let accepted = client.ask(&tenant.id, operation.path()).await?;
    follow(&client, &args.follow, accepted).await
}

pub(crate) async fn roll_back(args: RollbackArgs, environment: &Environment) -> Outcome {
    let client = args.follow.server.client(environment)?;
    let tenant = client.find(&args.tenant).await?;
    let accepted = client.roll_back(&tenant.id, args.restore).await?;
    follow(&client, &args.follow, accepted).await
}

pub(crate) async fn update(args: UpdateArgs, environment: &Environment) -> Outcome {
    let client = args.follow.server.client(environment)?;
    let tenant = client.find(&args.tenant).await?;
    let accepted = client.update(&tenant.id, &args.patch()).await?;
    follow(&client, &args.follow, accepted).await
}

/// Until it is so, or can't be.
async fn follow(client: &Client, args: &Follow, accepted: Accepted) -> Outcome {
    let Accepted { tenant, generation } = accepted;
    if args.no_wait {
        say(args, &tenant, None, "has been asked to")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut progress = Progress::new(!args.json);
    let waited = progress.follow(client, (&tenant.id, generation), args.timeout).await?;
    let outcome = waited.as_ref().and_then(|waited| waited.outcome.clone());
    let tenant = match waited {
        Some(waited) => waited.tenant,
        None => client.show(&tenant.id).await?,
    };
    let reached = outcome.as_deref() == Some("succeeded");
    if reached || args.json {
        let words = format!("is {}", tenant.status);
        say(args, &tenant, outcome.as_deref(), &words)?;
    } else {
        explain(&tenant, unreached(outcome.as_deref()));
    }
    Ok(if reached { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILURE) })
}

fn unreached(outcome: Option<&str>) -> &'static str {
    match outcome {
        Some("failed") => "could not be had as asked for",
        Some("superseded") => "was asked for something else meanwhile",
        Some("cancelled") => "goes back, since this was cancelled",
        Some(_) | None => "isn't as asked for yet; it is tried on in the background",
    }
}

fn say(args: &Follow, tenant: &Tenant, outcome: Option<&str>, words: &str) -> anyhow::Result<()> {
    if !args.json {
        return Ok(terminal::say(&format!("{} {words}", tenant.subdomain))?);
    }
    let error = tenant.last_error.as_ref().filter(|_| outcome != Some("succeeded"));
    Ok(terminal::say_json(&json!({
        "outcome": outcome, "id": tenant.id, "subdomain": tenant.subdomain, "url": tenant.url,
        "status": tenant.status, "generation": tenant.generation, "error": error,
    }))?)
}
