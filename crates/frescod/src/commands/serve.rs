//! `frescod serve`

use std::process::ExitCode;

use api::Announce;
use logs::Slot;

use super::ConfigFile;
use crate::config::{Config, Environment, Role};
use crate::exit::Outcome;
use crate::lifecycle::Lifecycle;
use crate::telemetry;
use crate::telemetry::metrics::{Exposition, Stores};
use crate::wiring::web::Web;
use crate::wiring::worker::Worker;

/// Run the daemon: the HTTP API and the loop that makes tenants so
///
/// With `--role` one process runs one of the two: the API then holds neither the engine's socket nor the tenants' admin
/// role. They meet in the database only, and either goes on without the other.
///
/// Stops on SIGTERM or SIGINT: open requests and steps in hand are finished, up to `server.stop_timeout` each; a second
/// signal ends it at once. Tenants go on running. systemd is notified (Type=notify, WatchdogSec).
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod migrate && frescod serve\n  frescod serve --config ./frescod.toml\n  frescod serve --role api"
)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
    /// Which part of the daemon to be
    #[arg(long, value_enum, default_value_t)]
    role: Role,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let config = args.config.load_as(args.role, environment)?;
    telemetry::start(config.log.format, &config.log.filter.0)?;
    let lifecycle = Lifecycle::new(config.server.stop_timeout.0)?;
    start(lifecycle, &config, args.role, None).await?.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// Starts the role's sides; `announce` is told of each letter that leaves. They stop in the reverse order: the API first.
pub(crate) async fn start(
    lifecycle: Lifecycle,
    config: &Config,
    role: Role,
    announce: Option<Announce>,
) -> anyhow::Result<Lifecycle> {
    let logs = Slot::default();
    let prepare = async {
        // The API first: one that can't listen must not have changed what others share, such as the routes' folder.
        let exposition = Exposition::prepare(config, role).await?;
        let web = if role.has_api() { Some(Web::prepare(config, role, &logs, announce).await?) } else { None };
        let worker = if role.has_worker() { Some(Worker::prepare(config, role, logs.clone()).await?) } else { None };
        Ok((exposition, worker, web))
    };
    let (mut lifecycle, (exposition, worker, web)) = lifecycle.during(prepare).await?;
    let stores = Stores { api: web.as_ref().map(Web::store), worker: worker.as_ref().map(Worker::store) };
    exposition.into_iter().for_each(|exposition| exposition.start(&mut lifecycle, stores.clone()));
    worker.into_iter().for_each(|worker| worker.start(&mut lifecycle));
    web.into_iter().for_each(|web| web.start(&mut lifecycle));
    Ok(lifecycle)
}
