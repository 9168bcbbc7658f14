//! `frescod tenant stats`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, Server, Tenant};
use crate::commands::http::Refused;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Show what a tenant uses: processor, memory, network, disks
///
/// The newest sample, of the last 15 s or so. With --follow one every few seconds, until interrupted.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod tenant stats my-study\n  frescod tenant stats my-study -f")]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// A JSON object a sample, with everything the API says
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

const PAUSE: Duration = Duration::from_secs(2);
const COLUMNS: [&str; 7] = ["TIME", "CPU", "MEMORY", "RECEIVED", "SENT", "READ", "WRITTEN"];

/// What it uses, as the API says.
#[derive(Debug, Deserialize)]
struct Usage {
    at: DateTime<Utc>,
    cpu: f64,
    cpu_limit: Option<f64>,
    memory: u64,
    memory_limit: Option<u64>,
    network: Option<Network>,
    block: Option<Block>,
}

#[derive(Debug, Deserialize)]
struct Network {
    received: f64,
    sent: f64,
}

#[derive(Debug, Deserialize)]
struct Block {
    read: f64,
    written: f64,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    if args.follow {
        follow(&client, &id, args.json).await?;
    } else {
        show(&client, &id, args.json).await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(client: &Client, id: &str, json: bool) -> anyhow::Result<()> {
    let mut whole: Value = client.show(id).await?;
    let usage = whole.get_mut("usage").map(Value::take).unwrap_or_default();
    if json {
        terminal::say_json(&usage)?;
        return Ok(());
    }
    let Some(usage) = serde_json::from_value::<Option<Usage>>(usage)? else {
        let tenant: Tenant = serde_json::from_value(whole)?;
        terminal::note(&format!("there is no sample of it: it is {}; samples come every 15 s", tenant.status));
        return Ok(());
    };
    terminal::say_table(&COLUMNS, &[cells(&usage)])?;
    Ok(())
}

/// Shows what comes, over any number of connections.
async fn follow(client: &Client, id: &str, json: bool) -> anyhow::Result<()> {
    if !json {
        terminal::say(&line(&COLUMNS.map(str::to_owned)))?;
    }
    loop {
        match watch(client, id, json).await {
            Ok(()) => {}
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) if !refused.is_outage() => return Err(error),
                Some(_) | None => terminal::note(&format!("the connection broke off ({error}); connecting again")),
            },
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn watch(client: &Client, id: &str, json: bool) -> anyhow::Result<()> {
    let mut socket = client.socket(&["tenants", id, "metrics", "stream"], &[]).await?;
    let mut last = None;
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message.context("the connection broke off")? else { continue };
        let mut frame: Value =
            serde_json::from_str(&text).context("a frame makes no sense: is this another version?")?;
        let usage = frame.get_mut("usage").map(Value::take).unwrap_or_default();
        let Some(sample) = serde_json::from_value::<Option<Usage>>(usage.clone())? else { continue };
        if last.replace(sample.at) == Some(sample.at) {
            continue;
        }
        if json {
            terminal::say_json(&usage)?;
        } else {
            terminal::say(&line(&cells(&sample)))?;
        }
    }
    Ok(())
}

fn cells(usage: &Usage) -> Vec<String> {
    let part = |part: f64| format!(" ({:.0} %)", part * 100.0);
    let cpu_part = usage.cpu_limit.filter(|limit| *limit > 0.0).map(|limit| part(usage.cpu / limit));
    let memory_part =
        usage.memory_limit.filter(|limit| *limit > 0).map(|limit| part(usage.memory as f64 / limit as f64));
    let rate = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{}/s", in_units(rate)));
    vec![
        usage.at.format("%H:%M:%S").to_string(),
        format!("{:.2} cores{}", usage.cpu, cpu_part.unwrap_or_default()),
        format!("{}{}", in_units(usage.memory as f64), memory_part.unwrap_or_default()),
        rate(usage.network.as_ref().map(|network| network.received)),
        rate(usage.network.as_ref().map(|network| network.sent)),
        rate(usage.block.as_ref().map(|block| block.read)),
        rate(usage.block.as_ref().map(|block| block.written)),
    ]
}

/// A line of a table whose rows come one after the other.
fn line(cells: &[String]) -> String {
    const WIDTHS: [usize; 7] = [10, 20, 20, 12, 12, 12, 12];
    let padded = cells.iter().zip(WIDTHS).map(|(cell, width)| format!("{cell:<width$}"));
    padded.collect::<String>().trim_end().to_owned()
}

/// In the unit that leaves few digits.
pub(super) fn in_units(bytes: f64) -> String {
    const UNITS: [(&str, f64); 3] = [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1024.0)];
    let unit = UNITS.iter().find(|(_, size)| bytes >= *size);
    unit.map_or_else(|| format!("{bytes:.0} B"), |(unit, size)| format!("{:.1} {unit}", bytes / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_shown_with_its_parts_of_the_limits() {
        let usage = serde_json::json!({
            "at": "2026-01-02T03:04:05Z", "age": 1.0, "cpu": 0.125, "cpu_limit": 0.5, "memory": 100_663_296_u64,
            "memory_limit": 402_653_184_u64, "network": { "received": 1536.0, "sent": 12.0 }, "block": null, "pids": 11,
        });
        let shown = cells(&serde_json::from_value(usage).unwrap());
        assert_eq!(shown, ["03:04:05", "0.12 cores (25 %)", "96.0 MiB (25 %)", "1.5 KiB/s", "12 B/s", "-", "-"]);
    }
}
