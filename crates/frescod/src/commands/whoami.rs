//! `frescod whoami`: whom one's key stands for.

use std::process::ExitCode;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::http::{Client, Server};
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Show whom your key stands for, and what it is let to do
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod whoami\n  frescod whoami --json | jq -r '.scopes[]'")]
pub(crate) struct Args {
    /// As one JSON object, with everything the API says
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: Server,
}

/// Whom a key stands for.
#[derive(Debug, Deserialize)]
pub(super) struct Caller {
    kind: String,
    pub(super) key: Option<String>,
    email: Option<String>,
    pub(super) organisation: Option<String>,
    organisation_name: Option<String>,
    role: Option<String>,
    standing: String,
}

impl Caller {
    pub(super) async fn ask(client: &Client) -> anyhow::Result<Self> {
        Ok(serde_json::from_value(whole(client).await?)?)
    }

    /// `ada@example.org, owner in Network Lab`.
    pub(super) fn in_words(&self) -> String {
        let who = match (&*self.kind, &self.email) {
            ("operator", _) => "the operator",
            (_, Some(email)) => email,
            (_, None) => "an organisation's key",
        };
        let there = self.organisation_name.as_deref().or(self.organisation.as_deref());
        let place = there.map(|name| format!(", {} in {name}", self.role.as_deref().unwrap_or("no member")));
        let but = match &*self.standing {
            "unverified" => " (the address is not verified: nothing can be deployed yet)",
            "waiting" => " (waits to be let in by the operator: nothing can be deployed yet)",
            _ => "",
        };
        format!("{who}{}{but}", place.unwrap_or_default())
    }
}

async fn whole(client: &Client) -> anyhow::Result<Value> {
    client.send(client.request(Method::GET, &["auth", "caller"])?).await
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let whole = whole(&args.server.client(environment)?).await?;
    if args.json {
        terminal::say_json(&whole)?;
    } else {
        terminal::say(&serde_json::from_value::<Caller>(whole)?.in_words())?;
    }
    Ok(ExitCode::SUCCESS)
}
