//! `frescod tenant show`

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use domain::{Clock, SystemClock};
use serde_json::Value;

use super::client::{Condition, FirstRun, Measured, Server, Sizes, Tenant};
use super::deploy::explanation;
use super::stats::in_units;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Show a tenant: what should be, and what was last seen
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod tenant show my-study\n  frescod tenant show my-study --json")]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// As one JSON object, with everything the API says
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let whole: Value = client.show(&id).await?;
    if args.json {
        terminal::say_json(&whole)?;
        return Ok(ExitCode::SUCCESS);
    }
    let tenant: Tenant = serde_json::from_value(whole)?;
    for (name, value) in lines(&tenant, SystemClock.now()) {
        terminal::say(&format!("{name:<10} {value}"))?;
    }
    for condition in &tenant.conditions {
        let Condition { kind, holds, since } = condition;
        terminal::say(&format!("{:<10} {kind:<16} {holds:<8} since {}", "", since.format("%Y-%m-%d %H:%M:%S")))?;
    }
    for (number, line) in explanation(&tenant).iter().enumerate() {
        let name = if number == 0 { "error" } else { "" };
        terminal::say(&format!("{name:<10} {line}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is known of it at this moment, by name.
fn lines(tenant: &Tenant, now: DateTime<Utc>) -> Vec<(&'static str, String)> {
    let step = tenant.step.as_ref().map(|step| format!("{}, for {:.0} s", step.description, step.age));
    let lines = [
        ("tenant", Some(tenant.id.clone())),
        ("address", Some(tenant.url.clone())),
        ("app", Some(tenant.app.clone())),
        ("version", Some(tenant.version.clone().unwrap_or_else(|| "not known yet".to_owned()))),
        ("wanted", Some(format!("{} (generation {})", tenant.desired_state, tenant.generation))),
        ("status", Some(tenant.status.clone())),
        ("step", step),
        ("seen", tenant.observed_at.map(second)),
        ("next try", tenant.next_attempt_at.map(second)),
        ("removed", tenant.destroy_after.map(|until| format!("not before {}", second(until)))),
        ("keeps", tenant.sizes.filter(|_| tenant.status != "destroyed").map(kept)),
        ("first run", tenant.first_run.as_ref().map(|run| words(run, now))),
    ];
    lines.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn second(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What it keeps on disk, and how long ago that was measured.
fn kept(Sizes { database, logs, dumps }: Sizes) -> String {
    let parts = [("database", database), ("log", logs), ("dumps", dumps)].map(|(name, part)| match part {
        Some(Measured { bytes, age }) => format!("{name} {} ({} ago)", in_units(bytes as f64), lasted(age)),
        None => format!("{name} not measured yet"),
    });
    parts.join(", ")
}

fn lasted(seconds: f64) -> String {
    match seconds / 60.0 {
        minutes if minutes < 1.0 => format!("{seconds:.0} s"),
        minutes if minutes < 120.0 => format!("{minutes:.0} min"),
        minutes => format!("{:.0} h", minutes / 60.0),
    }
}

/// How far the first visitor has come, with the time that is left.
fn words(run: &FirstRun, now: DateTime<Utc>) -> String {
    let left = run.until.map(|until| (until - now).num_minutes()).filter(|minutes| *minutes >= 0);
    let left = left.map(|minutes| format!(", {}:{:02} h left", minutes / 60, minutes % 60)).unwrap_or_default();
    let closed = if run.gated { "; closed to all but its owner" } else { "" };
    format!("{}{left}{closed}", run.state.replace('_', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_being_done_and_what_comes_next_are_shown() {
        let shown = |extra: Value| {
            let mut tenant = serde_json::json!({
                "id": "tnt_1", "subdomain": "owls", "url": "https://owls.example.org", "app": "fresco", "generation": 3,
                "status": "provisioning", "desired_state": "running", "created_at": "2026-01-01T00:00:00Z",
            });
            tenant.as_object_mut().unwrap().append(&mut extra.as_object().unwrap().clone());
            let tenant = serde_json::from_value(tenant).unwrap();
            let lines = lines(&tenant, DateTime::UNIX_EPOCH).into_iter();
            lines.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
        };
        let busy = shown(serde_json::json!({
            "step": { "name": "await_ready", "description": "Waiting for the application to answer", "age": 79.2 },
            "observed_at": "2026-01-02T03:04:05Z", "next_attempt_at": "2026-01-02T03:05:00Z",
            "destroy_after": "2026-01-03T00:00:00Z",
        }));
        for line in [
            "step: Waiting for the application to answer, for 79 s",
            "seen: 2026-01-02 03:04:05 UTC",
            "next try: 2026-01-02 03:05:00 UTC",
            "removed: not before 2026-01-03 00:00:00 UTC",
        ] {
            assert!(busy.iter().any(|shown| shown == line), "{line} is not in {busy:?}");
        }
        assert_eq!(shown(serde_json::json!({})).len(), 6);
        let sizes = serde_json::json!({
            "database": { "bytes": 8_388_608, "at": "2026-01-02T03:00:00Z", "age": 245.4 },
            "logs": { "bytes": 1200, "at": "2026-01-02T03:00:00Z", "age": 3.1 },
            "dumps": null,
        });
        let kept = "keeps: database 8.0 MiB (4 min ago), log 1.2 KiB (3 s ago), dumps not measured yet";
        assert_eq!(shown(serde_json::json!({ "sizes": sizes })).last().unwrap(), kept);
        assert_eq!(shown(serde_json::json!({ "sizes": sizes, "status": "destroyed" })).len(), 6);
    }
}
