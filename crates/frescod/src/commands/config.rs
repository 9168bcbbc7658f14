//! `frescod config check|reference`

use std::path::PathBuf;
use std::process::ExitCode;

use crate::commands::ConfigFile;
use crate::config::{self, Config, Environment, Place, Problem, Problems, Role, SecretError};
use crate::exit::{self, Outcome};
use crate::terminal;
use crate::wiring::{apps, parts};

/// Check the configuration, or print all its keys
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Check(Check),
    Reference(Reference),
}

/// Check the file, the environment, and the secrets and apps they name
///
/// Prints OK, or everything that is wrong with its place and what would be right; then the exit code is 78.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod config check\n  frescod config check --role api\n  frescod config check --config ./frescod.toml --json"
)]
pub(crate) struct Check {
    #[command(flatten)]
    config: ConfigFile,
    /// Only what this part of the daemon reads
    #[arg(long, value_enum, default_value_t)]
    role: Role,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

/// Print every key with its default and what it does, as TOML to start from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod config reference > frescod.toml")]
pub(crate) struct Reference {}

pub(crate) fn run(command: Command, environment: &Environment) -> Outcome {
    match command {
        Command::Check(args) => check(&args, environment),
        Command::Reference(Reference {}) => {
            terminal::say(config::reference::toml(&config::docs()).trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn check(args: &Check, environment: &Environment) -> Outcome {
    let problems = match args.config.load_as(args.role, environment) {
        Ok(config) => secret_problems(&config, args.role).into_iter().chain(app_problems(&config)).collect(),
        Err(Problems(problems)) => problems,
    };
    if args.json {
        let problems: Vec<_> = problems.iter().map(as_json).collect();
        terminal::say_json(&serde_json::json!({ "ok": problems.is_empty(), "problems": problems }))?;
    } else if problems.is_empty() {
        terminal::say("OK")?;
    }
    if problems.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if !args.json {
        terminal::complain(&Problems(problems).to_string());
    }
    Ok(ExitCode::from(exit::CONFIG))
}

/// Each secret that this account can't read, that is open to others, or that isn't what it should be.
fn secret_problems(config: &Config, role: Role) -> Vec<Problem> {
    let problem = |(key, error): (&str, SecretError)| Problem {
        place: error.path().map_or(Place::Default, |path| Place::File(path.to_owned())),
        text: format!("`{key}`: {error}"),
    };
    parts::secret_problems(config, role).into_iter().map(problem).collect()
}

/// Why there would be no catalogue, if so.
fn app_problems(config: &Config) -> Vec<Problem> {
    let found = apps::catalogue(config).err().map(|error| error.problems()).unwrap_or_default();
    let problem =
        |(path, text): (Option<PathBuf>, String)| Problem { place: path.map_or(Place::Default, Place::File), text };
    found.into_iter().map(problem).collect()
}

fn as_json(problem: &Problem) -> serde_json::Value {
    serde_json::json!({ "place": problem.place.to_string(), "text": problem.text })
}
