//! `frescod tenant probe`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::client::{Client, Server};
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;

/// Try, in a tenant's place, what no tenant may do, and say what isn't refused
///
/// A short-lived container in the tenants' network, with the tenant's own limits and credentials, tries other tenants, this
/// host, private networks, the metadata service, the engine, other databases and roles, and looks at its own rights. What
/// works is undone. The tenant itself goes on undisturbed. The exit code is 1 unless everything is refused.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod tenant probe my-study\n  frescod tenant probe my-study --last --json | jq .report"
)]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// Show what the last one found instead
    #[arg(long)]
    last: bool,
    /// As one JSON object
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

/// The longest an answer is waited for: others may be probed first.
const PATIENCE: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(300);

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let probe = match args.last {
        true => client.probe(&id).await?,
        false => {
            let asked = client.ask_probe(&id).await?["asked"].as_i64().unwrap_or_default();
            answer(&client, &id, asked).await?
        }
    };
    if args.json {
        terminal::say_json(&probe)?;
    } else {
        tell(&args.tenant, &probe)?;
    }
    let tight = probe["report"]["verdict"] == "tight";
    Ok(if tight { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILURE) })
}

async fn answer(client: &Client, id: &str, asked: i64) -> anyhow::Result<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let probe = client.probe(id).await?;
        if probe["answered"].as_i64().is_some_and(|answered| answered >= asked) {
            return Ok(probe);
        }
        if Instant::now() >= until {
            bail!("no answer within {} s; `--last` shows it when it is there", PATIENCE.as_secs());
        }
        sleep(LOOK).await;
    }
}

fn tell(name: &str, probe: &Value) -> std::io::Result<()> {
    if let Some(failure) = probe["failure"].as_str() {
        return terminal::say(&format!("nothing was found out about {name}: {failure}"));
    }
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let count = |key: &str| {
        let tried = probe["report"]["tried"].as_array().into_iter().flatten();
        tried.filter_map(|tried| tried[key].as_u64()).sum::<u64>()
    };
    for finding in probe["report"]["findings"].as_array().into_iter().flatten() {
        let [severity, check, target, outcome, expected, mend] =
            ["severity", "check", "target", "outcome", "expected", "mend"].map(|key| text(&finding[key]));
        let severity = severity.to_uppercase();
        terminal::say(&format!("{severity:8}  {check}: {target}: {outcome} (expected: {expected})"))?;
        terminal::say(&format!("          → {mend}"))?;
    }
    match probe["report"]["verdict"].as_str() {
        Some(verdict) => terminal::say(&format!(
            "{name}: {verdict}; {} of {} attempts were refused",
            count("held"),
            count("attempts")
        )),
        None => terminal::say(&format!("{name} was never probed")),
    }
}
