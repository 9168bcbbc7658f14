//! `frescod audit verify`: whether every line of the audit log is as it was written.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Context;
use domain::OrganisationId;
use storage::Verified;

use super::ConfigFile;
use crate::config::Environment;
use crate::exit::{self, Outcome};
use crate::terminal;
use crate::wiring::parts::{self, Side};

/// Check the audit log
///
/// Works directly on the platform's database, as the worker's role; no daemon need run.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Verify(Verify),
}

/// Compute all seals anew, and name the first line that was altered, removed or inserted
///
/// The exit code is 1 if there is one. Lines are sealed a few seconds after they were written. Whoever can write everything in
/// the database can make a whole new chain: keep the newest seal of each organisation somewhere else, and compare.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod audit verify\n  frescod audit verify --json | jq -r '.[] | [.organisation, .seals, .seal] | @tsv'"
)]
pub(crate) struct Verify {
    /// Only this one's book
    #[arg(long, value_name = "ORGANISATION")]
    organisation: Option<OrganisationId>,
    #[command(flatten)]
    config: ConfigFile,
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: Command, environment: &Environment) -> Outcome {
    let Command::Verify(args) = command;
    let store = parts::store(&args.config.load(environment)?, Side::Worker).await?;
    let books = store.verify_audit(args.organisation).await.context("the audit log can't be read");
    store.close().await;
    let books = books?;
    if args.json {
        terminal::say_json(&books.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        books.iter().try_for_each(|book| terminal::say(&in_words(book)))?;
    }
    let sound = books.iter().all(|book| book.fault.is_none());
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(exit::FAILURE) })
}

fn whose(book: &Verified) -> String {
    book.organisation.map_or_else(|| "of no organisation".to_owned(), |id| id.to_string())
}

fn hex(seal: &[u8]) -> String {
    seal.iter().fold(String::new(), |mut text, byte| {
        // Writing into a text does not fail.
        write!(text, "{byte:02x}").unwrap_or_default();
        text
    })
}

fn in_words(book: &Verified) -> String {
    let Verified { lines, seals, unsealed, seal, fault, .. } = book;
    let whose = whose(book);
    match fault {
        Some(fault) => format!("FAIL  {whose}: {fault}"),
        None => format!(
            "OK    {whose}: {lines} lines under {seals} seals, {unsealed} not sealed yet; newest seal {}",
            hex(seal)
        ),
    }
}

fn as_json(book: &Verified) -> serde_json::Value {
    serde_json::json!({
        "organisation": book.organisation, "lines": book.lines, "seals": book.seals, "unsealed": book.unsealed,
        "seal": hex(&book.seal), "fault": book.fault.map(|fault| fault.to_string()),
    })
}
