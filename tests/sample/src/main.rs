//! A tenant's program for tests: small, real, and with every habit of Fresco's image that could break a platform.
//!
//! It stores what people enter in its own database, and it behaves as observed of Fresco 3.1.2 and 4.0.0 (which of the
//! two, its `package.json` says): two phases, `public` asked for by name, `/` useless as a health check, the first
//! visitor becomes the administrator, environment checked at the first request. Fault switches make it misbehave on
//! purpose. `README.md` beside this lists commands, environment and switches.
//!
//! Invariants: it knows nothing of the platform; every SQL statement in serving is one unnamed statement, so that a
//! transaction-mode pooler may stand between; a habit lives in one place (`line` for what differs between the two).

mod database;
mod environment;
mod faults;
mod line;
mod log;
mod migrations;
mod release;
mod serve;
mod web;

use std::process::ExitCode;

use environment::Sample;
use serve::Ended;

const USAGE: &str = "usage: sample generate | release | serve | start";

#[derive(Debug, Clone, Copy)]
enum Command {
    Generate,
    Release,
    Serve,
    Start,
}

impl Command {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "generate" => Some(Self::Generate),
            "release" => Some(Self::Release),
            "serve" => Some(Self::Serve),
            "start" => Some(Self::Start),
            _ => None,
        }
    }
}

/// What ended a phase early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Environment(#[from] environment::EnvironmentError),
    #[error(transparent)]
    Release(#[from] release::ReleaseError),
    #[error(transparent)]
    Serve(#[from] serve::ServeError),
    #[error("the runtime does not start")]
    Runtime(#[source] std::io::Error),
}

fn main() -> ExitCode {
    let Some(command) = std::env::args().nth(1).as_deref().and_then(Command::parse) else {
        log::err(USAGE);
        return ExitCode::from(2);
    };
    match run(command) {
        Ok(Ended::Quietly) => ExitCode::SUCCESS,
        Ok(Ended::BySignal) => ExitCode::from(143),
        Err(failure) => {
            log::error(&failure, "EXIT");
            ExitCode::FAILURE
        }
    }
}

/// Runs one command to its end. No signal is handled before serving: as a container's first process it is then deaf to
/// SIGTERM while it starts, as Fresco's own command is (an init in front of it makes SIGTERM deadly, also as there).
fn run(command: Command) -> Result<Ended, Failure> {
    let sample = Sample::from_process()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    runtime.block_on(async {
        match command {
            Command::Generate => release::generate(&sample)?,
            Command::Release => release::release(&sample).await?,
            Command::Serve => return Ok(serve::serve(sample).await?),
            Command::Start => {
                release::release(&sample).await?;
                return Ok(serve::serve(sample).await?);
            }
        }
        Ok(Ended::Quietly)
    })
}
