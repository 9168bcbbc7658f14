//! `frescod doctor`: everything the platform stands on, each finding with its mend.
//!
//! To add a look: a function that answers with findings, and a line in [`look`].

mod database;
mod engine;
mod files;
mod firewall;
mod gate;
mod hosts;
mod keys;
mod mail;
mod slice;
mod traefik;

use std::process::ExitCode;

use serde::Serialize;

use super::ConfigFile;
use crate::config::{Config, Environment, Role};
use crate::exit::{self, Outcome};
use crate::terminal;
use crate::wiring::apps;

/// Look at everything the platform needs, and say how to mend what isn't right
///
/// The engine, the tenants' network and its firewall, PostgreSQL and its rights, the platform's tables, Traefik and its folder, disk
/// space, secrets. Changes nothing. The exit code is 1 if anything is FAIL; a WARN works, but not as it should.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod doctor\n  frescod doctor --json | jq '.findings[] | select(.verdict != \"ok\")'"
)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Only what this part of the daemon needs
    #[arg(long, value_enum, default_value_t)]
    role: Role,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warn => "WARN",
            Self::Fail => "FAIL",
        }
    }
}

/// One thing looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    name: String,
    verdict: Verdict,
    /// What was found.
    detail: String,
    /// What to do; empty if nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    mend: String,
}

impl Finding {
    fn ok(name: &str, detail: impl ToString) -> Self {
        Self { name: name.to_owned(), verdict: Verdict::Ok, detail: detail.to_string(), mend: String::new() }
    }

    fn warn(name: &str, detail: impl ToString, mend: &str) -> Self {
        Self { name: name.to_owned(), verdict: Verdict::Warn, detail: detail.to_string(), mend: mend.to_owned() }
    }

    fn fail(name: &str, detail: impl ToString, mend: &str) -> Self {
        Self { name: name.to_owned(), verdict: Verdict::Fail, detail: detail.to_string(), mend: mend.to_owned() }
    }
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let config = args.config.load_as(args.role, environment)?;
    apps::catalogue(&config)?;
    let findings = look(&config, args.role).await;
    let worst = findings.iter().map(|finding| finding.verdict).max_by_key(|verdict| *verdict as u8);
    if args.json {
        terminal::say_json(&serde_json::json!({ "verdict": worst, "findings": findings }))?;
    } else {
        findings.iter().try_for_each(print)?;
    }
    Ok(if worst == Some(Verdict::Fail) { ExitCode::from(exit::FAILURE) } else { ExitCode::SUCCESS })
}

fn print(finding: &Finding) -> std::io::Result<()> {
    terminal::say(&format!("{:4}  {}: {}", finding.verdict.word(), finding.name, finding.detail))?;
    if finding.mend.is_empty() { Ok(()) } else { terminal::say(&format!("      → {}", finding.mend)) }
}

async fn look(config: &Config, role: Role) -> Vec<Finding> {
    let mut findings = files::secrets(config, role);
    findings.extend(database::platform(config, role).await);
    findings.push(hosts::look(config.server.public_url.as_ref().map(|url| &url.0), &config.tenants.domain));
    if role.has_api() {
        findings.extend(mail::look(config).await);
    }
    if role.has_worker() {
        findings.extend(look_as_worker(config).await);
    }
    findings
}

/// What only the worker touches.
async fn look_as_worker(config: &Config) -> Vec<Finding> {
    let (mut findings, network) = engine::look(config).await;
    findings.extend(firewall::look(config).await);
    findings.extend(database::tenants(config, network.is_some()).await);
    findings.extend(traefik::look(config).await);
    findings.push(gate::look(config).await);
    findings.push(files::dumps(config).await);
    findings.extend(files::disks(config));
    findings
}
