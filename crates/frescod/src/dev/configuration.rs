//! The configuration of the daemon inside, written anew at every start.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use embedded::listen;
use serde_json::json;

use super::Choices;
use super::database::{binaries, url_file};
use super::network::DevNetwork;
use super::state::State;
use crate::files::replace;

/// What names under it resolve to is this machine, everywhere.
pub(super) const DOMAIN: &str = "localhost";

/// Its letters are shown like all others.
const HELP_ADDRESS: &str = "help@example.org";

const FILE: &str = "frescod.toml";

/// Where [`write`] puts it.
pub(super) fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Ports that only Traefik and we need know, held until whoever listens there starts.
#[derive(Debug)]
pub(super) struct Held {
    /// Traefik's ping and metrics.
    pub(super) ping: TcpListener,
    /// Our gate.
    pub(super) gate: TcpListener,
}

impl Held {
    pub(super) fn take() -> anyhow::Result<Self> {
        let hold = || listen::hold(Ipv4Addr::LOCALHOST.into());
        Ok(Self { ping: hold()?, gate: hold()? })
    }
}

pub(super) fn write(
    choices: &Choices,
    state: &State,
    network: &DevNetwork,
    (port, held): (u16, &Held),
) -> anyhow::Result<PathBuf> {
    let identity = state.identity();
    let [ping, gate] = [held.ping.local_addr()?.port(), held.gate.local_addr()?.port()];
    let content = json!({
        "server": { "listen": SocketAddr::from((Ipv4Addr::LOCALHOST, choices.api)) },
        "database": {
            "url_file": url_file(state, "api"),
            "worker_url_file": url_file(state, "worker"),
            "owner_url_file": url_file(state, "owner"),
        },
        "tenants": {
            "platform_id": identity.platform()?,
            "domain": DOMAIN,
            "public_port": choices.https,
            "sample_apps": true,
            // Who tries things out wants them gone at once, and the name again.
            "destroy_grace": "0s",
            "quarantine": "0s",
            "admin_url_file": url_file(state, "admin"),
            "database_address": SocketAddr::from((network.gateway, port)),
            "login_address": SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        },
        "engine": {
            "socket": choices.engine,
            "network": identity.network()?,
            "network_subnet": network.subnet.to_string(),
            "network_interface": identity.interface(),
        },
        // Its own Traefik reads files within a tenth of a second.
        "reconciler": { "switch": "500ms" },
        "routing": {
            "directory": state.path("routes"),
            "staging": state.path("routes-staging"),
            "entry_point": "websecure",
            "engine_socket": state.path("engine.sock"),
            // A browser that was told to insist on HTTPS for `localhost` would do so for every other project there.
            "hsts_seconds": 0,
            "ping_url": format!("http://127.0.0.1:{ping}/ping"),
        },
        "gate": { "listen": SocketAddr::from((Ipv4Addr::LOCALHOST, gate)) },
        "dumps": { "directory": state.path("dumps"), "programs": binaries(choices, state)?.folder() },
        "secrets": { "key_file": state.key_file() },
        "logs": { "directory": state.path("logs"), "socket": state.path("logs.sock") },
        "mail": { "folder": state.path("mail"), "help_address": HELP_ADDRESS },
        "auth": { "key_file": state.auth_key_file() },
        "monitoring": { "listen": "off", "worker_listen": "off" },
        "log": { "filter": choices.log_filter },
    });
    let head = "# Written by `frescod dev` at every start: changes are lost.\n";
    let file = file(&choices.state);
    replace(&file, &(head.to_owned() + &toml::to_string(&content)?), 0o644)?;
    Ok(file)
}
