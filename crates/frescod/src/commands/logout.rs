//! `frescod logout`

use std::process::ExitCode;

use anyhow::Context;
use reqwest::Method;

use super::credentials::Credentials;
use super::http::{Client, Refused};
use super::whoami::Caller;
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Forget the key that `frescod login` keeps, and revoke it if it was made then
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod logout")]
pub(crate) struct Args {}

pub(crate) async fn run(_: Args, environment: &Environment) -> Outcome {
    let Some(kept) = Credentials::read(environment)? else {
        terminal::say("you are logged in nowhere")?;
        return Ok(ExitCode::SUCCESS);
    };
    let revoked = if kept.made_here { revoke(&kept).await } else { Ok(()) };
    // Gone from here in any case.
    Credentials::forget(environment)?;
    revoked.context("the key is forgotten here, but still works until it expires: revoke it in your list of keys")?;
    terminal::say(&format!("logged out of {}", kept.server))?;
    Ok(ExitCode::SUCCESS)
}

async fn revoke(kept: &Credentials) -> anyhow::Result<()> {
    let client = Client::new(kept.server.clone(), Some(kept.key.clone()))?;
    let caller = match Caller::ask(&client).await {
        Err(error) if is_revoked(&error) => return Ok(()),
        caller => caller?,
    };
    let (organisation, key) = caller.organisation.zip(caller.key).context("the key belongs to no organisation")?;
    client.send(client.request(Method::DELETE, &["organisations", &organisation, "api-keys", &key])?).await
}

/// By somebody else, or it has expired.
fn is_revoked(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(|refused: &Refused| refused.code() == "unauthenticated")
}
