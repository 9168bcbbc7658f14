//! A whole installation for one run: PostgreSQL, Traefik and a `frescod` out of the release build, as in production
//! (fsync on, its own roles, a configuration file), on a network of its own.
//!
//! Invariants: [`Ground`] owns what stands on the engine, under fixed names, so that a run finds what a killed one left;
//! everything else is a child process or lies in a temporary folder, and goes with its [`Stage`].

mod configuration;
mod daemon;
mod database;
mod ground;

use std::fs::Permissions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use embedded::traefik::Docker;
use embedded::{Places, Postgres, Traefik, TraefikOptions};
use provisioner::container::PlatformId;
use secrecy::SecretString;
use tempfile::TempDir;

use crate::output::note;
pub(crate) use daemon::{Daemon, Program};
pub(crate) use ground::{BENCH_LABEL, Ground, PLATFORM, remove};

/// Names of tenants are under it. Nothing resolves it: the proxy is asked by address, with a `Host`.
pub(crate) const DOMAIN: &str = "bench.test";
/// As low as it is set where a quick route matters more than churn.
const THROTTLE: Duration = Duration::from_millis(100);

/// The running installation. Dropping it ends all its processes.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) daemon: Daemon,
    pub(crate) postgres: Postgres,
    /// The URL of the role that makes tenants' roles and databases.
    pub(crate) tenants_admin: SecretString,
    /// Traefik's entry point.
    pub(crate) proxy: SocketAddr,
    _traefik: Traefik,
    _folder: TempDir,
}

impl Stage {
    /// Starts everything, and waits until frescod says that it can work.
    pub(crate) async fn start(ground: &Ground, program: &Program) -> anyhow::Result<Self> {
        let folder = TempDir::with_prefix("fresco-bench-")?;
        // PostgreSQL runs under another account when we are root, and must pass through.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let places = places();
        let postgres = database::start(&places, folder.path(), ground.gateway()).await?;
        let tenants_admin = database::prepare(&postgres, folder.path()).await?;
        let (api, gate) = (free_address()?, free_address()?);
        let file = configuration::write(folder.path(), ground, &postgres, [api, gate], &program.log)?;
        let traefik = traefik_options(&places, folder.path(), ground)?;
        let proxy = traefik.http;
        let traefik = Traefik::start(traefik).await?;
        let daemon = Daemon::start(&program.path, &file, api).await?;
        note(&format!("stage: PostgreSQL at {}, Traefik at {proxy}, frescod at {api}", postgres.address()));
        Ok(Self { daemon, postgres, tenants_admin, proxy, _traefik: traefik, _folder: folder })
    }

    /// For a superuser's session in the platform's own database.
    pub(crate) fn platform_superuser_url(&self) -> SecretString {
        self.postgres.superuser_url(database::PLATFORM_DATABASE)
    }
}

fn traefik_options(places: &Places, folder: &Path, ground: &Ground) -> anyhow::Result<TraefikOptions> {
    Ok(TraefikOptions {
        binary: places.traefik(None)?,
        state_dir: folder.join("traefik"),
        staging_dir: folder.join("traefik-staging"),
        dynamic_dir: routes(folder),
        http: free_address()?,
        https: None,
        internal: free_address()?,
        docker: Some(Docker {
            socket: ground.socket().to_owned(),
            network: Some(ground::NETWORK.to_owned()),
            constraint: Some(format!("Label(`{}`,`{}`)", PlatformId::LABEL, PLATFORM)),
        }),
        throttle: THROTTLE,
        certificate: None,
    })
}

/// The folder that frescod writes and Traefik watches.
fn routes(folder: &Path) -> PathBuf {
    folder.join("routes")
}

fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?)
}

#[expect(clippy::disallowed_methods, reason = "a bench has no configuration but its environment")]
fn places() -> Places {
    Places::usual(|name| std::env::var_os(name))
}
