//! The private Traefik, and what it sees of the engine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use embedded::traefik::Docker;
use embedded::{Sidecar, Traefik, TraefikOptions, listen};
use provisioner::container::PlatformId;

use super::Choices;
use super::certificates::Certificates;
use super::supervise::supervise;
use super::view;
use crate::config::{Config, Environment};
use crate::lifecycle::Lifecycle;

/// Quick for a person who waits; a developer's machine has no churn.
const THROTTLE: Duration = Duration::from_millis(100);

/// Starts Traefik, and the task that keeps its certificates; `ping` holds its port until then.
pub(super) async fn start(
    lifecycle: Lifecycle,
    choices: &Choices,
    (config, environment): (&Config, &Environment),
    certificates: Certificates,
    ping: TcpListener,
) -> anyhow::Result<Lifecycle> {
    let options = options(choices, config, &certificates)?;
    let start = async {
        // This may take a while, and is over when Traefik looks at its ports. No Traefik is left that would miss the view.
        end_orphans(choices).await?;
        let view = view::options(choices, config, environment)?;
        let seen = Sidecar::start(view.clone()).await.context("Traefik's view of the engine can't be opened")?;
        drop(ping);
        Ok((view, seen, Traefik::start(options.clone()).await?))
    };
    let (mut lifecycle, (view, seen, server)) = lifecycle.during(start).await?;
    lifecycle.start("engine view", |stop| supervise(seen, view, stop));
    lifecycle.start("traefik", |stop| supervise(server, options, stop));
    lifecycle.start("certificates", |stop| certificates.run(stop));
    Ok(lifecycle)
}

/// Before anything is made: later it is Traefik and the API that complain, with a network and a database already there.
///
/// # Errors
/// Names the port that somebody else has.
pub(super) fn check_ports(choices: &Choices) -> anyhow::Result<()> {
    for (option, port) in [("--http", choices.http), ("--https", choices.https), ("--api", choices.api)] {
        listen::check(local(port)).with_context(|| format!("{option} {port} can't be had, so nothing was made"))?;
    }
    Ok(())
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Ends what a killed run has left behind: the one who asks before the one who answers.
pub(super) async fn end_orphans(choices: &Choices) -> anyhow::Result<()> {
    Traefik::end_orphans(&state_dir(choices)).await?;
    Ok(Sidecar::end_orphans(&view::state_dir(choices)).await?)
}

fn state_dir(choices: &Choices) -> PathBuf {
    choices.state.join("traefik")
}

fn options(choices: &Choices, config: &Config, certificates: &Certificates) -> anyhow::Result<TraefikOptions> {
    let ping = config.routing.ping_url.as_ref().and_then(|url| url.0.port());
    Ok(TraefikOptions {
        binary: choices.places.traefik(None)?,
        state_dir: state_dir(choices),
        staging_dir: config.routing.staging.clone(),
        dynamic_dir: config.routing.directory.clone(),
        http: local(choices.http),
        https: Some(local(choices.https)),
        internal: local(ping.context("the generated configuration has no `routing.ping_url`")?),
        docker: Some(Docker {
            socket: config.routing.engine_socket.clone(),
            network: Some(config.engine.network.as_str().to_owned()),
            constraint: Some(format!("Label(`{}`,`{}`)", PlatformId::LABEL, config.tenants.platform_id.as_str())),
        }),
        throttle: THROTTLE,
        certificate: Some(certificates.of_the_domain()?),
    })
}
