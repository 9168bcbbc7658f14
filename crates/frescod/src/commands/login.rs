//! `frescod login`: a key for the commands of this account on this machine.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::{Method, Url};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::credentials::Credentials;
use super::http::{Client, Refused, USUAL_SERVER, address};
use super::whoami::Caller;
use crate::config::{Environment, SecretFile};
use crate::exit::Outcome;
use crate::terminal;

/// Log in: keep a key with which the other commands ask
///
/// Without --key a code is shown, which you type at the platform's page, where you are signed in; the key that is made then has
/// an end, acts for you in the organisation where you act, and ends with `frescod logout`. It is kept in
/// ~/.config/fresco-platform/credentials.toml, for you only.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod login --url https://platform.example.net\n  pass show fresco | frescod login --url https://platform.example.net --key -"
)]
pub(crate) struct Args {
    /// The platform's address
    #[arg(long, alias = "server", value_name = "URL", env = "FRESCOD_SERVER", hide_env_values = true, value_parser = address, default_value = USUAL_SERVER)]
    url: Url,
    /// Keep the key that stands in this file, or comes on standard input (`-`), in place of making one
    #[arg(long, value_name = "FILE|-")]
    key: Option<PathBuf>,
    /// What the key is called in your list of keys [usually: `frescod on` and this machine's name]
    #[arg(long)]
    name: Option<String>,
}

/// What the API gives for a key to be asked for with.
#[derive(Debug, Deserialize)]
struct Codes {
    device_code: SecretString,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: u64,
    interval: u64,
}

#[derive(Debug, Deserialize)]
struct Issued {
    token: SecretString,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let (key, made_here) = match &args.key {
        Some(place) => (given(place)?, false),
        None => (ask(&args).await?, true),
    };
    let caller =
        Caller::ask(&Client::new(args.url.clone(), Some(key.clone()))?).await.context("the key is not good")?;
    let kept = Credentials { server: args.url, key, made_here }.write(environment)?;
    terminal::say(&format!("logged in as {}", caller.in_words()))?;
    terminal::note(&format!("the key is kept in {}", kept.display()));
    Ok(ExitCode::SUCCESS)
}

/// A key that somebody has.
fn given(place: &Path) -> anyhow::Result<SecretString> {
    if place.as_os_str() != "-" {
        return Ok(SecretFile::at(place.to_path_buf()).read()?);
    }
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("standard input can't be read")?;
    match text.trim() {
        "" => bail!("no key came on standard input"),
        key => Ok(key.into()),
    }
}

/// A new one, by way of a browser.
async fn ask(args: &Args) -> anyhow::Result<SecretString> {
    let client = Client::new(args.url.clone(), None)?;
    let name = args.name.clone().unwrap_or_else(|| format!("frescod on {}", machine()));
    let begin = client.request(Method::POST, &["auth", "device"])?.json(&json!({ "name": name }));
    let codes: Codes = client.send(begin).await?;
    terminal::note(&format!(
        "Open {} and type\n\n    {}\n\nor open {}\nThe code is good for {} minutes; waiting …",
        codes.verification_uri,
        codes.user_code,
        codes.verification_uri_complete,
        codes.expires_in.div_ceil(60),
    ));
    wait(&client, &codes).await
}

async fn wait(client: &Client, codes: &Codes) -> anyhow::Result<SecretString> {
    let until = Instant::now() + Duration::from_secs(codes.expires_in);
    let body = json!({ "device_code": secrecy::ExposeSecret::expose_secret(&codes.device_code) });
    while Instant::now() < until {
        sleep(Duration::from_secs(codes.interval)).await;
        let asked = client.send(client.request(Method::POST, &["auth", "device", "token"])?.json(&body)).await;
        match asked {
            Ok(Issued { token }) => return Ok(token),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) if refused.code() == "authorization_pending" || refused.is_outage() => {}
                Some(refused) if refused.code() == "device_refused" => bail!("it was refused, or the code has expired"),
                _ => return Err(error),
            },
        }
    }
    bail!("nobody has answered in time; run it again for a new code")
}

/// As it calls itself.
fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "a machine".to_owned(),
        name => name.to_owned(),
    }
}
