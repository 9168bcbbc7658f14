//! The embedded default: everything the platform needs, in one folder, for a developer's machine.
//!
//! A private PostgreSQL, a Traefik and its view of the engine as supervised children, keys and passwords made on first use, a
//! certificate authority of its own, and then the same daemon as `frescod serve`, with a configuration that was written for
//! it (`frescod doctor --config STATE/frescod.toml` reads the same one).
//!
//! Invariants:
//! - One folder holds everything but the tenants' containers and their network; a lock keeps two processes apart.
//! - The network comes first: its gateway is an address PostgreSQL listens on.
//! - What is in a tenant's spec (ports, addresses, names) stays the same from run to run, so that tenants stay as they are.
//! - Where it may (as root), the tenants' firewall stands while the platform runs, and no rule is left when it ends.
//! - A first run that can't have its ports makes nothing.
//! - Children that an earlier run left behind (`kill -9`) are ended by the `embedded` crate before theirs are started.

mod certificates;
mod clean;
mod configuration;
mod database;
mod firewall;
mod letters;
mod network;
mod proxy;
mod state;
mod supervise;
mod view;
mod welcome;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use embedded::Places;

use crate::commands::serve;
use crate::config::{Config, Environment, Role};
use crate::lifecycle::Lifecycle;
use crate::terminal;
use configuration::Held;
use database::Database;
use state::State;

pub(crate) use clean::clean;

/// What a developer may choose.
#[derive(Clone, Debug)]
pub(crate) struct Choices {
    pub(crate) state: PathBuf,
    pub(crate) engine: PathBuf,
    pub(crate) http: u16,
    pub(crate) https: u16,
    pub(crate) api: u16,
    pub(crate) ready_file: Option<PathBuf>,
    pub(crate) log_filter: String,
    pub(crate) places: Places,
    /// What to type to have all of it removed.
    pub(crate) clean_command: String,
}

/// How long each task has to end: the children's own steps fit in.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// Runs until a signal.
pub(crate) async fn run(choices: &Choices, environment: &Environment) -> anyhow::Result<()> {
    let is_first = !State::is_in(&choices.state);
    if is_first {
        proxy::check_ports(choices)?;
    }
    let ran = run_in(choices, environment).await;
    if is_first && ran.is_err() {
        terminal::note(&format!("what was made so far is for the next run; `{}` removes it", choices.clean_command));
    }
    ran
}

async fn run_in(choices: &Choices, environment: &Environment) -> anyhow::Result<()> {
    let state = State::open(&choices.state)?;
    welcome::forget(choices)?;
    let (lifecycle, config, held) = foundation(choices, state, environment).await?;
    firewall::raise(&config).await;
    let ended = serve(choices, lifecycle, (&config, environment), held).await;
    firewall::lower(&config).await;
    ended
}

/// Traefik and the daemon, until a signal.
async fn serve(
    choices: &Choices,
    mut lifecycle: Lifecycle,
    (config, environment): (&Config, &Environment),
    held: Held,
) -> anyhow::Result<()> {
    let (lifecycle_, certificates) = lifecycle.during(certificates::Certificates::prepare(choices, config)).await?;
    lifecycle = lifecycle_;
    lifecycle = proxy::start(lifecycle, choices, (config, environment), certificates, held.ping).await?;
    drop(held.gate);
    lifecycle = serve::start(lifecycle, config, Role::All, Some(letters::announce)).await?;
    welcome::say(choices)?;
    let ended = lifecycle.run().await;
    welcome::forget(choices)?;
    ended
}

/// Network, PostgreSQL with its roles and tables, configuration: what both running and cleaning stand on.
async fn foundation(
    choices: &Choices,
    mut state: State,
    environment: &Environment,
) -> anyhow::Result<(Lifecycle, Config, Held)> {
    let lifecycle = Lifecycle::new(STOP_DEADLINE)?;
    let prepare = async {
        let network = network::ensure(choices, &mut state).await?;
        let database = Database::start(choices, &mut state, &network).await?;
        Ok((network, database))
    };
    let (mut lifecycle, (network, database)) = lifecycle.during(prepare).await?;
    let port = database.port();
    database.supervise(&mut lifecycle);
    let prepare = async {
        database::prepare(&state, port).await?;
        let held = Held::take()?;
        let file = configuration::write(choices, &state, &network, (port, &held))?;
        let config = Config::load(Some(&file), environment, Some(Role::All))
            .context("the generated configuration can't be used")?;
        database::migrate(&config, &state).await?;
        Ok((config, held))
    };
    let (mut lifecycle, (config, held)) = lifecycle.during(prepare).await?;
    // The folder is ours until everything has ended.
    lifecycle.keep(state);
    Ok((lifecycle, config, held))
}
