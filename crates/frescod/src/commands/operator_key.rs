//! `frescod operator-key create|list|revoke`: the operator's way in, kept directly in the database.

use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, Utc};
use domain::{Clock, SystemClock, SystemEntropy};
use secrecy::{ExposeSecret, SecretString};
use storage::{NewOperatorKey, OperatorKey, Store};
use uuid::Uuid;

use super::ConfigFile;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;
use crate::wiring::parts::{self, Side};

/// Make, list and revoke operator keys
///
/// Works directly on the platform's database, as the worker's role; no daemon need run.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a key, and print its token: the only time it can be seen
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  (umask 077; frescod operator-key create --name laptop > ~/.config/frescod/key)")]
pub(crate) struct Create {
    /// What it is for, 1 to 200 characters
    #[arg(long, value_parser = name)]
    name: String,
    #[command(flatten)]
    config: ConfigFile,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// List all keys, revoked ones too; tokens are not kept
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod operator-key list --json")]
pub(crate) struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

/// Revoke a key; it stops working at once
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod operator-key revoke 5f0c3f9e-8d53-4f62-9c0a-0d9f6b1f2a77")]
pub(crate) struct Revoke {
    /// The key's id, from `list`
    id: Uuid,
    #[command(flatten)]
    config: ConfigFile,
}

fn name(text: &str) -> Result<String, String> {
    let valid = (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    valid
        .then(|| text.to_owned())
        .ok_or_else(|| "expected 1 to 200 characters, none of them a control character".into())
}

pub(crate) async fn run(command: Command, environment: &Environment) -> Outcome {
    let file = match &command {
        Command::Create(Create { config, .. }) | Command::List(List { config, .. }) => config,
        Command::Revoke(Revoke { config, .. }) => config,
    };
    let store = parts::store(&file.load(environment)?, Side::Worker).await?;
    let outcome = match &command {
        Command::Create(args) => create(args, &store).await,
        Command::List(args) => list(args, &store).await,
        Command::Revoke(args) => revoke(args, &store).await,
    };
    store.close().await;
    outcome
}

/// Keeps a new key.
pub(crate) async fn make(store: &Store, name: &str) -> anyhow::Result<(Uuid, SecretString)> {
    let generated = api::operator_key::generate(&SystemEntropy);
    let new = NewOperatorKey { id: generated.id, name: name.to_owned(), hash: generated.hash, now: SystemClock.now() };
    store.create_operator_key(&new).await?;
    Ok((generated.id, generated.token))
}

async fn create(args: &Create, store: &Store) -> Outcome {
    let (id, token) = make(store, &args.name).await?;
    if args.json {
        let token = token.expose_secret();
        terminal::say_json(&serde_json::json!({ "id": id, "name": args.name, "token": token }))?;
    } else {
        terminal::note(&format!("key {id} ({}); this is the only time its token is shown:", args.name));
        terminal::say(token.expose_secret())?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(args: &List, store: &Store) -> Outcome {
    let keys = store.list_operator_keys().await?;
    if args.json {
        terminal::say_json(&keys.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        let rows: Vec<_> = keys.iter().map(as_row).collect();
        terminal::say_table(&["ID", "CREATED", "LAST USED", "STATE", "NAME"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(key: &OperatorKey) -> serde_json::Value {
    serde_json::json!({
        "id": key.id, "name": key.name, "created_at": key.created_at, "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
    })
}

fn as_row(key: &OperatorKey) -> Vec<String> {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M").to_string();
    let state = key.revoked_at.map_or_else(|| "works".to_owned(), |at| format!("revoked {}", day(at)));
    let last_used = key.last_used_at.map_or_else(|| "never".to_owned(), day);
    vec![key.id.to_string(), day(key.created_at), last_used, state, key.name.clone()]
}

async fn revoke(args: &Revoke, store: &Store) -> Outcome {
    if !store.revoke_operator_key(args.id, SystemClock.now()).await? {
        bail!("there is no working key {}; `frescod operator-key list` shows all", args.id);
    }
    terminal::say(&format!("key {} is revoked", args.id))?;
    Ok(ExitCode::SUCCESS)
}
