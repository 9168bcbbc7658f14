//! `frescod dev`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use embedded::Places;

use crate::config::{Environment, LogFormat};
use crate::dev::{self, Choices};
use crate::exit::{self, Outcome};
use crate::{telemetry, terminal};

const USUAL_ENGINE: &str = "/var/run/docker.sock";

/// Run a whole platform on this machine: private PostgreSQL and Traefik included
///
/// Needs a container engine and the programs that `scripts/setup` installs, and no configuration. Everything but the
/// tenants' containers lives in one folder and is found again by the next run. Tenants answer at
/// https://NAME.localhost:8443, with a certificate authority of its own.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = false,
    after_help = "\
Examples:
  frescod dev
  frescod dev --state ./state --https 9443 --ready-file ./ready.json
  frescod dev clean"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The folder [usually: ~/.local/state/frescod-dev; root's: /var/lib/frescod-dev]
    #[arg(long, value_name = "FOLDER", global = true)]
    state: Option<PathBuf>,
    /// The engine's unix socket
    #[arg(long, value_name = "PATH", global = true, default_value = USUAL_ENGINE)]
    engine: PathBuf,
    /// Where the programs are that `scripts/setup` installed [usually: ~/.cache/fresco-platform; root's: below /var/cache]
    #[arg(long, value_name = "FOLDER", global = true, env = "FRESCO_CACHE", hide_env_values = true)]
    cache: Option<PathBuf>,
    /// Port for plain HTTP, which leads to HTTPS
    #[arg(long, value_name = "PORT", default_value_t = 8080, value_parser = clap::value_parser!(u16).range(1..))]
    http: u16,
    /// Port for the tenants' HTTPS; another one than before makes running tenants anew
    #[arg(long, value_name = "PORT", default_value_t = 8443, value_parser = clap::value_parser!(u16).range(1..))]
    https: u16,
    /// Port of the API
    #[arg(long, value_name = "PORT", default_value_t = 8088, value_parser = clap::value_parser!(u16).range(1..))]
    api: u16,
    /// Write a JSON object here when everything works: api, key_file, ca_file, http_port, https_port, state, config, pid
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// What of the log is written
    #[arg(
        long,
        value_name = "FILTER",
        global = true,
        env = "FRESCOD_LOG__FILTER",
        hide_env_values = true,
        default_value = "warn,sqlx=error,frescod=info,embedded=info,reconciler=info"
    )]
    log: String,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Destroy all tenants of the folder's platform, and remove its network and the folder
    Clean,
}

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    telemetry::start(LogFormat::Text, &args.log)?;
    let is_clean = matches!(args.command, Some(Command::Clean));
    if args.http == args.https || args.api == args.http || args.api == args.https {
        terminal::complain("--http, --https and --api must be three different ports");
        return Ok(ExitCode::from(exit::USAGE));
    }
    let choices = choices(args, environment)?;
    if is_clean {
        dev::clean(&choices, environment).await?;
    } else {
        dev::run(&choices, environment).await?;
    }
    Ok(ExitCode::SUCCESS)
}

fn choices(args: Args, environment: &Environment) -> anyhow::Result<Choices> {
    let usual = match rustix::process::geteuid().is_root() {
        // Root's home is closed to the account PostgreSQL runs under.
        true => Some(PathBuf::from("/var/lib/frescod-dev")),
        false => environment.xdg("XDG_STATE_HOME", ".local/state").map(|folder| folder.join("frescod-dev")),
    };
    let state = args.state.or_else(|| usual.clone());
    let state = std::path::absolute(state.context("no HOME: say where the state may stand with --state")?)?;
    let engine = std::path::absolute(args.engine)?;
    let clean_command = clean_command(Some(&state).filter(|state| usual.as_ref() != Some(state)), &engine);
    let mut places = Places::usual(|name| environment.get(name));
    if let Some(cache) = args.cache {
        places.cache = cache;
    }
    Ok(Choices {
        state,
        engine,
        http: args.http,
        https: args.https,
        api: args.api,
        ready_file: args.ready_file,
        log_filter: args.log,
        places,
        clean_command,
    })
}

/// What isn't as usual has to be said again.
fn clean_command(state: Option<&PathBuf>, engine: &Path) -> String {
    let engine = Some(engine).filter(|engine| *engine != Path::new(USUAL_ENGINE));
    let options = [("--state", state.map(PathBuf::as_path)), ("--engine", engine)].into_iter();
    let said = options.filter_map(|(option, path)| Some(format!(" {option} {}", terminal::quoted(path?.display()))));
    said.fold("frescod dev clean".to_owned(), |command, option| command + &option)
}
