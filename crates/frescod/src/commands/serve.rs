//! `frescod serve`

use std::process::ExitCode;

use super::ConfigFile;
use crate::config::{Config, Environment};
use crate::exit::Outcome;
use crate::lifecycle::Lifecycle;
use crate::telemetry;
use crate::wiring::web::Web;
use crate::wiring::worker::Worker;

/// Run the daemon: the HTTP API and the loop that makes tenants so
///
/// Stops on SIGTERM or SIGINT: open requests and steps in hand are finished, up to `server.stop_timeout` each; a second
/// signal ends it at once. Tenants go on running. systemd is notified (Type=notify, WatchdogSec).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod migrate && frescod serve\n  frescod serve --config ./frescod.toml")]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let config = args.config.load(environment)?;
    telemetry::start(config.log.format, &config.log.filter.0)?;
    let lifecycle = Lifecycle::new(config.server.stop_timeout.0)?;
    start(lifecycle, &config).await?.run().await?;
    Ok(ExitCode::SUCCESS)
}

/// Starts both sides. They stop in the reverse order: the API first.
pub(crate) async fn start(lifecycle: Lifecycle, config: &Config) -> anyhow::Result<Lifecycle> {
    let prepare = async { Ok((Worker::prepare(config).await?, Web::prepare(config).await?)) };
    let (mut lifecycle, (worker, web)) = lifecycle.during(prepare).await?;
    lifecycle.start("reconciler", |stop| worker.run(stop));
    web.start(&mut lifecycle);
    Ok(lifecycle)
}
