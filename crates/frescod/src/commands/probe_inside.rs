//! `frescod probe-inside`: what the hostile probe's container runs. Nobody else calls it.

use std::process::ExitCode;

use anyhow::Context;
use provisioner::hostile::{Orders, try_everything};
use secrecy::SecretString;

use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Try what a tenant must not be able to do, from its place; frescod itself runs this, in a container
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) async fn run(Args {}: &Args, environment: &Environment) -> Outcome {
    let variable = |name: &str| {
        let value = environment.get(name).and_then(|value| value.into_string().ok());
        value.with_context(|| format!("{name} is not set: `frescod tenant probe` starts this"))
    };
    let orders: Orders = serde_json::from_str(&variable("FRESCO_PROBE_ORDERS")?).context("these are no orders")?;
    let database_url = SecretString::from(variable("FRESCO_PROBE_DATABASE_URL")?);
    terminal::say_json(&try_everything(&orders, &database_url).await)?;
    Ok(ExitCode::SUCCESS)
}
