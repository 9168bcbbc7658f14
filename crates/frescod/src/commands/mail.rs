//! `frescod mail list|show|retry`: letters that wait, were sent or given up.

use std::process::ExitCode;

use anyhow::bail;
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use mail::Message;
use secrecy::ExposeSecret;
use storage::{Mail, MailState, Part, Store};
use uuid::Uuid;

use super::ConfigFile;
use crate::config::{Config, Environment};
use crate::exit::Outcome;
use crate::terminal;
use crate::wiring::letters;
use crate::wiring::parts::{self, Side};

/// Look at letters to people, and try one again
///
/// Works directly on the platform's database, as the API's role; no daemon need run to look. What they say is sealed, and gone
/// once they are sent.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    List(List),
    Show(Show),
    Retry(Retry),
}

/// List letters, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod mail list\n  frescod mail list --state failed --json")]
pub(crate) struct List {
    /// Only these
    #[arg(long, value_enum)]
    state: Option<State>,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
    #[command(flatten)]
    config: ConfigFile,
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

/// Show a letter: how it stands, and why the last attempt did not send it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod mail show 0190a1b2-c3d4-7e5f-8071-8293a4b5c6d7 --content")]
pub(crate) struct Show {
    /// The letter's id, from `list`
    id: Uuid,
    /// What it says, too. A link in it lets whoever has it in: it is for the recipient only
    #[arg(long)]
    content: bool,
    #[command(flatten)]
    config: ConfigFile,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Try a letter again at once that waits or was given up
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod mail retry 0190a1b2-c3d4-7e5f-8071-8293a4b5c6d7")]
pub(crate) struct Retry {
    /// The letter's id, from `list`
    id: Uuid,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Waiting,
    Sent,
    Failed,
}

impl From<State> for MailState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Sent => Self::Sent,
            State::Failed => Self::Failed,
        }
    }
}

pub(crate) async fn run(command: Command, environment: &Environment) -> Outcome {
    let file = match &command {
        Command::List(List { config, .. })
        | Command::Show(Show { config, .. })
        | Command::Retry(Retry { config, .. }) => config,
    };
    let config = file.load(environment)?;
    let store = parts::store(&config, Side::Api).await?;
    let outcome = match &command {
        Command::List(args) => list(args, &store).await,
        Command::Show(args) => show(args, &config, &store).await,
        Command::Retry(args) => retry(args, &store).await,
    };
    store.close().await;
    outcome
}

async fn list(args: &List, store: &Store) -> Outcome {
    let mails = store.list_mails(args.state.map(MailState::from), Part::first(args.limit)).await?.items;
    if args.json {
        terminal::say_json(&mails.iter().map(as_json).collect::<Vec<_>>())?;
    } else {
        let rows: Vec<_> = mails.iter().map(as_row).collect();
        terminal::say_table(&["ID", "WRITTEN", "STATE", "ATTEMPTS", "KIND", "TO"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(mail: &Mail) -> serde_json::Value {
    serde_json::json!({
        "id": mail.id, "recipient": mail.recipient, "kind": mail.kind, "state": mail.state().as_str(),
        "created_at": mail.created_at, "attempts": mail.attempts, "next_at": mail.next_at, "sent_at": mail.sent_at,
        "failed_at": mail.failed_at, "error": mail.error,
    })
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

fn as_row(mail: &Mail) -> Vec<String> {
    let (state, attempts) = (mail.state().as_str().to_owned(), mail.attempts.to_string());
    vec![mail.id.to_string(), moment(mail.created_at), state, attempts, mail.kind.clone(), mail.recipient.clone()]
}

async fn show(args: &Show, config: &Config, store: &Store) -> Outcome {
    let Some(mail) = store.find_mail(args.id).await? else { bail!("{}", unknown(args.id)) };
    let content = if args.content { content(config, &mail)? } else { None };
    if args.json {
        let mut shown = as_json(&mail);
        if let Some(rendered) = &content {
            shown["content"] = serde_json::json!({ "subject": rendered.subject, "text": rendered.text });
        }
        terminal::say_json(&shown)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![("to", mail.recipient.clone()), ("kind", mail.kind.clone())];
    lines.push(("written", moment(mail.created_at)));
    lines.push(("state", format!("{}, after {} attempts", mail.state().as_str(), mail.attempts)));
    match mail.state() {
        MailState::Waiting => lines.push(("next attempt", moment(mail.next_at))),
        MailState::Sent | MailState::Failed => {}
    }
    lines.extend(mail.error.map(|error| ("last error", error)));
    lines.iter().try_for_each(|(name, value)| terminal::say(&format!("{name:13} {value}")))?;
    if let Some(rendered) = content {
        terminal::say(&format!("\nSubject: {}\n\n{}", rendered.subject, rendered.text))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What it says, while that is kept.
fn content(config: &Config, mail: &Mail) -> anyhow::Result<Option<mail::Rendered>> {
    let Some(content) = mail.open(&parts::auth_keyring(config)?)? else {
        terminal::note("what a letter says is forgotten once it is sent");
        return Ok(None);
    };
    Ok(Some(letters::letters(config)?.render(&Message::from_json(content.expose_secret())?)))
}

async fn retry(args: &Retry, store: &Store) -> Outcome {
    if !store.retry_mail(args.id).await? {
        bail!("{}", unknown(args.id));
    }
    terminal::say(&format!("letter {} is tried again as soon as `frescod serve` runs", args.id))?;
    Ok(ExitCode::SUCCESS)
}

fn unknown(id: Uuid) -> String {
    format!("there is no letter {id} that is not sent; `frescod mail list` shows all")
}
