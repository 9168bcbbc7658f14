//! The daemon and its command line.
//!
//! | module | what it is |
//! |---|---|
//! | [`commands`] | one file a command: arguments, help, what it does |
//! | [`config`] | one file a section; the only reader of the environment |
//! | [`wiring`] | makes the parts out of the configuration |
//! | [`lifecycle`] | tasks, signals, systemd |
//! | [`dev`] | the embedded default: a private PostgreSQL and Traefik |
//! | [`exit`] | exit codes |
//! | [`files`] | whole files, with their modes |

mod commands;
mod config;
mod dev;
mod exit;
mod files;
mod lifecycle;
mod telemetry;
mod terminal;
mod wiring;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

fn main() -> ExitCode {
    let environment = config::Environment::of_the_process();
    let cli = commands::Cli::parse();
    let mut builder = match cli.is_modest() {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(Err(error.into())),
    };
    let outcome = runtime.block_on(cli.run(&environment));
    // What still blocks a thread (a DNS look-up, say) must not hold the end up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    exit::report(outcome)
}
