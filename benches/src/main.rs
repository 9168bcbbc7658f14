//! Measures the platform on real parts; `scripts/bench` runs it.
//!
//! A bench starts everything it needs ([`stage`]), measures, checks that nothing is left, and prints a report on standard
//! error and, if asked, one line of JSON on standard output. It asserts no time: figures are for people, and for whoever
//! compares them over time.
//!
//! To add one: a module with `Args`, a result that serialises, and `run`; a variant of [`Bench`]; a line in
//! `scripts/bench` and a section in `docs/operations/benchmarks.md`.

mod api;
mod deploy;
mod floor;
mod lifecycle;
mod load;
mod logs;
mod metrics;
mod ours;
mod output;
mod pairs;
mod parts;
mod recover;
mod scale;
mod stage;
mod statistics;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Parser, Subcommand};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use stage::{Ground, Program};

#[derive(Debug, Parser)]
#[command(name = "bench", about = "Measures the platform on real parts")]
struct Cli {
    /// The engine's unix socket
    #[arg(long, global = true, default_value = "/var/run/docker.sock")]
    engine: PathBuf,
    /// The daemon's program [usually: the one beside this]
    #[arg(long, global = true)]
    frescod: Option<PathBuf>,
    /// The daemon's `log.filter`, such as `warn,reconciler=debug` to see how long each step takes
    #[arg(long, global = true, default_value = "warn")]
    log: String,
    /// One line of JSON at the end, on standard output
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// The list of tenants under a steady load against its bare query, and log-ins meanwhile
    Api(api::Args),
    /// A deploy against the same work by plain engine and SQL calls
    Deploy(deploy::Args),
    /// Stop and start of a serving container against plain engine calls and readiness
    Lifecycle(lifecycle::Args),
    /// A live log against a raw follow of the engine's API, and what viewers cost
    Logs(logs::Args),
    /// What it costs to sample many tenants every second, and how long a month of one takes to be shown
    Metrics(metrics::Args),
    /// From a restart to all settled, with many tenants up
    Recover(recover::Args),
    /// The loop's pace and its cost when nothing happens, by the number of tenants, on the fake engine
    Scale(scale::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    match &cli.bench {
        Bench::Scale(args) => print(&cli, &scale::run(args).await?),
        Bench::Recover(args) => {
            on_ground(&cli, async |ground, program| recover::run(args, ground, program).await).await
        }
        Bench::Lifecycle(args) => {
            on_ground(&cli, async |ground, program| lifecycle::run(args, ground, program).await).await
        }
        Bench::Logs(args) => on_ground(&cli, async |ground, program| logs::run(args, ground, program).await).await,
        Bench::Metrics(args) => {
            on_ground(&cli, async |ground, program| metrics::run(args, ground, program).await).await
        }
        Bench::Api(args) => on_ground(&cli, async |ground, program| api::run(args, ground, program).await).await,
        Bench::Deploy(args) => on_ground(&cli, async |ground, program| deploy::run(args, ground, program).await).await,
    }
}

fn print(cli: &Cli, figures: &impl Serialize) -> anyhow::Result<()> {
    if cli.json { output::json(figures) } else { Ok(()) }
}

/// Runs a bench on cleared ground, and clears it however that ends.
async fn on_ground<F: Serialize>(
    cli: &Cli,
    bench: impl AsyncFnOnce(&Ground, &Program) -> anyhow::Result<F>,
) -> anyhow::Result<()> {
    let path = match &cli.frescod {
        Some(given) => given.clone(),
        None => std::env::current_exe()?.with_file_name("frescod"),
    };
    let program = Program { path, log: cli.log.clone() };
    let ground = Ground::take(&cli.engine).await?;
    let measured = tokio::select! {
        measured = bench(&ground, &program) => measured,
        interrupted = interruption() => interrupted,
    };
    let cleared = ground.clear().await;
    let figures = measured?;
    cleared?;
    print(cli, &figures)
}

async fn interruption<T>() -> anyhow::Result<T> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    bail!("interrupted")
}
