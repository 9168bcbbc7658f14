//! `frescod tenant deploy`

use std::process::ExitCode;
use std::time::Duration;

use domain::quantity::Span;
use domain::{Clock, SystemClock};
use serde_json::{Map, Value, json};

use super::claim_link::how_long;
use super::client::{ClaimLink, Failure, Tenant, Waited};
use super::follow::Follow;
use super::progress::Progress;
use super::variables::Variables;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;

/// Deploy a tenant, and follow it until it answers
///
/// Shows each step with its duration. If it can't be made, the cause, the last lines of its log and what to do are
/// printed, and the exit code is 1. Ctrl-C ends the watching, not the deploy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  frescod tenant deploy my-study
  frescod tenant deploy my-study --app sample --image fresco-sample:4.0.0
  frescod tenant deploy my-study --memory 512MiB --cpus 0.5 --env SANDBOX_MODE=true --json
  frescod tenant deploy my-study --env-file my-study.env")]
pub(crate) struct Args {
    /// The subdomain: 3 to 63 lower-case letters, digits and hyphens, starting with a letter
    subdomain: String,
    /// The app [usually: the installation's default]
    #[arg(long)]
    app: Option<String>,
    /// The image [usually: the app's own]
    #[arg(long)]
    image: Option<String>,
    /// Memory, such as 512MiB [usually: what the app's version needs]
    #[arg(long)]
    memory: Option<String>,
    /// Cores, such as 0.5 [usually: what the app's version needs]
    #[arg(long, value_parser = cores)]
    cpus: Option<f64>,
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    pub(super) follow: Follow,
}

/// What JSON can say; whether an app may have so many is the server's to know.
pub(super) fn cores(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|cores: &f64| cores.is_finite());
    number.ok_or_else(|| "expected a number of cores, such as 0.5".to_owned())
}

pub(super) fn span(text: &str) -> Result<Span, String> {
    Span::try_from(text.to_owned()).map_err(|error| error.to_string())
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.follow.server.client(environment)?;
    let began = SystemClock.now();
    let accepted = client.create(&wish(&args)).await?;
    let tenant = accepted.tenant;
    if args.follow.no_wait {
        return answer(&args, &tenant, json!({ "status": tenant.status }), "is being made");
    }
    if !args.follow.json {
        terminal::note(&format!("deploying {} ({})", tenant.subdomain, tenant.id));
    }
    let mut progress = Progress::new(!args.follow.json);
    let waited = progress.follow(&client, (&tenant.id, accepted.generation), args.follow.timeout).await?;
    let seconds = (SystemClock.now() - began).to_std().unwrap_or(Duration::ZERO).as_secs_f64();
    let extra = json!({ "seconds": (seconds * 1000.0).round() / 1000.0, "steps": progress.steps });
    match waited {
        Some(Waited { reached: true, tenant, .. }) => {
            let link = if tenant.is_gated() { Some(client.claim_link(&tenant.id).await?) } else { None };
            let extra = with(with(extra, "status", json!("active")), "claim_link", json!(link));
            let outcome = answer(&args, &tenant, extra, &format!("answers after {seconds:.1} s"))?;
            if let Some(link) = link.filter(|_| !args.follow.json) {
                invite(&link);
            }
            Ok(outcome)
        }
        Some(Waited { failed: true, tenant, .. }) => {
            failed(&args, &tenant, with(extra, "status", json!("failed")), "can't be made")
        }
        Some(Waited { tenant, .. }) => {
            let words = "fails again and again; it is tried on in the background";
            failed(&args, &tenant, with(extra, "status", json!("failed")), words)
        }
        None => {
            let tenant: Tenant = client.show(&tenant.id).await?;
            let words = format!("isn't ready after {seconds:.0} s; it is tried on in the background");
            failed(&args, &tenant, with(extra, "status", json!("timeout")), &words)
        }
    }
}

/// The request's body: what isn't said is left to the server.
fn wish(args: &Args) -> Value {
    let mut wish = json!({ "subdomain": args.subdomain });
    let parts = [
        ("app", args.app.clone().map(Value::from)),
        ("image", args.image.clone().map(Value::from)),
        ("limits", limits(args.memory.as_deref(), args.cpus)),
    ];
    for (key, value) in parts {
        if let Some(value) = value {
            wish[key] = value;
        }
    }
    let variables = args.variables.set();
    if !variables.is_empty() {
        wish["environment"] = Value::Object(variables);
    }
    wish
}

/// Those that are asked for.
pub(super) fn limits(memory: Option<&str>, cpus: Option<f64>) -> Option<Value> {
    let memory = memory.map(|memory| ("memory".to_owned(), json!(memory)));
    let cpus = cpus.map(|cpus| ("cpus".to_owned(), json!(cpus)));
    let limits: Map<_, _> = memory.into_iter().chain(cpus).collect();
    Some(Value::Object(limits)).filter(|limits| limits != &json!({}))
}

fn with(mut object: Value, key: &str, value: Value) -> Value {
    object[key] = value;
    object
}

fn of_tenant(tenant: &Tenant, mut extra: Value) -> Value {
    extra["id"] = json!(tenant.id);
    extra["subdomain"] = json!(tenant.subdomain);
    extra["url"] = json!(tenant.url);
    extra
}

fn answer(args: &Args, tenant: &Tenant, extra: Value, words: &str) -> Outcome {
    if args.follow.json {
        terminal::say_json(&of_tenant(tenant, extra))?;
    } else {
        terminal::note(&format!("{} {words}:", tenant.subdomain));
        terminal::say(&tenant.url)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Until its owner has set it up, nobody else gets in.
fn invite(link: &ClaimLink) {
    terminal::note("nobody else can open it before you have set it up; open this in your browser:");
    terminal::note(&format!("  {}", link.url));
    let how_long = how_long(link);
    terminal::note(&format!("  ({how_long}; `frescod tenant claim-link` makes another)"));
}

fn failed(args: &Args, tenant: &Tenant, extra: Value, words: &str) -> Outcome {
    if args.follow.json {
        terminal::say_json(&with(of_tenant(tenant, extra), "error", json!(tenant.last_error)))?;
    } else {
        explain(tenant, words);
    }
    Ok(ExitCode::from(exit::FAILURE))
}

/// The cause, the last lines, what to do; in lines.
pub(super) fn explanation(tenant: &Tenant) -> Vec<String> {
    let Some(Failure { cause, remedy, last_lines, .. }) = &tenant.last_error else { return Vec::new() };
    let lines = last_lines.iter().map(|line| format!("  | {line}"));
    let remedy = remedy.iter().map(|remedy| format!("  → {remedy}"));
    std::iter::once(cause.clone()).chain(lines).chain(remedy).collect()
}

/// Complains that a tenant is not as it should be.
pub(super) fn explain(tenant: &Tenant, what: &str) {
    terminal::complain(&format!("{} {what} (status {})", tenant.subdomain, tenant.status));
    explanation(tenant).iter().for_each(|line| terminal::note(&format!("  {line}")));
    let name = &tenant.subdomain;
    let removal =
        if tenant.is_stillborn() { format!(", `frescod tenant destroy {name}` removes it") } else { String::new() };
    terminal::note(&format!("    → `frescod tenant show {name}` looks again{removal}"));
}
