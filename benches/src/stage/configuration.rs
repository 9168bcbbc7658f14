//! The daemon's `frescod.toml`. What does not stand in it has the default that operators get.

use std::fs::OpenOptions;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use domain::SystemEntropy;
use embedded::Postgres;
use serde_json::json;
use storage::Keyring;

use super::database::url_files;
use super::ground::{self, Ground};
use super::{DOMAIN, routes};

/// The most that a quota can be.
const OFTEN: &str = "1000000/1s";

pub(super) fn write(
    folder: &Path,
    ground: &Ground,
    postgres: &Postgres,
    [api, gate]: [SocketAddr; 2],
    log: &str,
) -> anyhow::Result<PathBuf> {
    let key_file = folder.join("key");
    let sealer = Keyring::generate_file(&key_file, &SystemEntropy)?.sealer();
    let public_key_file = folder.join("public-key");
    write_secret(&public_key_file, &sealer.to_line())?;
    let auth_key_file = folder.join("auth-key");
    Keyring::generate_file(&auth_key_file, &SystemEntropy)?;
    let [owner, api_url, worker, admin] = url_files(folder);
    let content = json!({
        "server": { "listen": api },
        "database": { "url_file": api_url, "worker_url_file": worker, "owner_url_file": owner },
        "tenants": {
            "platform_id": ground::PLATFORM,
            "domain": DOMAIN,
            "default_app": "sample",
            "sample_apps": true,
            // A destroy is measured, and the next tenant has the name.
            "destroy_grace": "0s",
            "quarantine": "0s",
            "admin_url_file": admin,
            "database_address": SocketAddr::from((ground.gateway(), postgres.port())),
            "login_address": postgres.address(),
        },
        "engine": {
            "socket": ground.socket(),
            "network": ground::NETWORK,
            "network_subnet": ground::SUBNET,
            "network_interface": ground::INTERFACE,
        },
        "routing": {
            "directory": routes(folder),
            "staging": folder.join("routes-staging"),
            "entry_point": "web",
            "tls": false,
        },
        // What is measured is the way to the app; the gate would answer in its place.
        "gate": { "enabled": false, "listen": gate },
        // Others measure at the same time on ports of their own.
        "monitoring": { "listen": "off" },
        // As often as the bench of it asks for; nobody is watched otherwise.
        "metrics": { "watched": "1s" },
        "logs": { "directory": folder.join("logs") },
        "secrets": { "key_file": key_file, "public_key_file": public_key_file },
        "auth": { "key_file": auth_key_file },
        // Whoever measures comes more often than people do.
        "limits": { "user": OFTEN, "organisation": OFTEN, "address": OFTEN, "login": OFTEN, "login_address": OFTEN },
        "log": { "filter": log },
    });
    let file = folder.join("frescod.toml");
    std::fs::write(&file, toml::to_string(&content)?)?;
    Ok(file)
}

/// A file for its owner only.
pub(super) fn write_secret(path: &Path, content: &str) -> anyhow::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    Ok(file.write_all(content.as_bytes())?)
}
