//! The folder: who may work in it, what this platform is called, its secrets.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use domain::SystemEntropy;
use domain::entropy::{random, token};
use ipnet::Ipv4Net;
use provisioner::container::{NetworkName, PlatformId};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use storage::Keyring;

use crate::files::replace;

/// The folder, held by this process.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    identity: Identity,
    _lock: File,
}

/// What must stay the same from run to run, because tenants are made with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    /// Eight hex digits: several states may share an engine.
    name: String,
    /// Chosen at the first run, when the engine says which one is free.
    pub(super) subnet: Option<Ipv4Net>,
    pub(super) postgres_port: Option<u16>,
}

const IDENTITY: &str = "identity.json";
const LOCK: &str = "lock";

/// Everything a platform makes in its folder; drafts and old logs, which are named after one of these, beside them.
/// Whoever makes more there names it here, or `clean` leaves it behind. The identity and the lock come last, so that an
/// interrupted `clean` can be repeated.
const OURS: [&str; 20] = [
    "certificates",
    "_dev.yml",
    "dumps",
    "engine.sock",
    "engine-view",
    "engine-view.lock",
    "frescod.toml",
    "logs",
    "logs.sock",
    "mail",
    "operator-key",
    "postgresql",
    "postgresql.log",
    "postgresql.lock",
    "routes",
    "routes-staging",
    "secrets",
    "traefik",
    "traefik.lock",
    IDENTITY,
];
/// What is put behind those names.
const SUFFIXES: [&str; 4] = ["", ".draft", ".init", ".old"];

impl State {
    /// Takes the folder, which is made on first use.
    ///
    /// # Errors
    /// If another process works in it, or it can't be written.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let folder = std::path::absolute(folder)?;
        // Others may pass: PostgreSQL runs under an account of its own when we are root.
        fs::DirBuilder::new().recursive(true).mode(0o755).create(&folder).with_context(|| made(&folder))?;
        let lock = take(&folder)?;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder.join("secrets"))
            .with_context(|| made(&folder))?;
        let identity = match fs::read(folder.join(IDENTITY)) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!("{}/{IDENTITY} is damaged: restore it, or remove the folder", folder.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Identity::new(),
            Err(error) => return Err(error).with_context(|| made(&folder)),
        };
        let state = Self { folder, identity, _lock: lock };
        state.keep()?;
        for file in [state.key_file(), state.auth_key_file()] {
            if !file.exists() {
                Keyring::generate_file(&file, &SystemEntropy)?;
            }
        }
        Ok(state)
    }

    /// Whether a platform was made in this folder.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(IDENTITY).is_file()
    }

    /// Removes what is ours, and the folder if nothing else is in it; else tells what that is.
    ///
    /// # Errors
    /// If something of ours can't be removed.
    pub(super) fn remove(self) -> anyhow::Result<Vec<String>> {
        for name in OURS {
            for suffix in SUFFIXES {
                remove(&self.folder.join(format!("{name}{suffix}")))?;
            }
        }
        remove(&self.folder.join(LOCK))?;
        let entries = fs::read_dir(&self.folder).with_context(|| made(&self.folder))?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut others = names.collect::<std::io::Result<Vec<_>>>().with_context(|| made(&self.folder))?;
        others.sort();
        if others.is_empty() {
            fs::remove_dir(&self.folder).with_context(|| format!("can't remove {}", self.folder.display()))?;
        }
        Ok(others)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Changes what stays, and writes it down.
    pub(super) fn settle(&mut self, change: impl FnOnce(&mut Identity)) -> anyhow::Result<()> {
        change(&mut self.identity);
        self.keep()
    }

    fn keep(&self) -> anyhow::Result<()> {
        replace(&self.folder.join(IDENTITY), &serde_json::to_string_pretty(&self.identity)?, 0o644)
    }

    /// Keys that seal tenants' secrets.
    pub(super) fn key_file(&self) -> PathBuf {
        self.path("secrets/key")
    }

    /// Keys that seal what proves who somebody is.
    pub(super) fn auth_key_file(&self) -> PathBuf {
        self.path("secrets/auth-key")
    }

    pub(super) fn operator_key_file(&self) -> PathBuf {
        operator_key_file(&self.folder)
    }

    /// The password kept under this name; made on first use.
    pub(super) fn password(&self, name: &str) -> anyhow::Result<SecretString> {
        let path = self.path(&format!("secrets/{name}-password"));
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim().to_owned().into()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let password = token(&SystemEntropy);
                replace(&path, &password, 0o600)?;
                Ok(password.into())
            }
            Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
        }
    }
}

pub(super) fn operator_key_file(folder: &Path) -> PathBuf {
    folder.join("operator-key")
}

pub(super) fn authority_folder(folder: &Path) -> PathBuf {
    folder.join("certificates")
}

impl Identity {
    fn new() -> Self {
        let name = random::<4>(&SystemEntropy).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { name, subnet: None, postgres_port: None }
    }

    /// # Errors
    /// If somebody edited the identity.
    pub(super) fn platform(&self) -> anyhow::Result<PlatformId> {
        Ok(PlatformId::parse(&format!("dev-{}", self.name))?)
    }

    /// # Errors
    /// If somebody edited the identity.
    pub(super) fn network(&self) -> anyhow::Result<NetworkName> {
        Ok(NetworkName::parse(&format!("fresco-dev-{}", self.name))?)
    }

    /// At most 15 characters.
    pub(super) fn interface(&self) -> String {
        format!("fdev-{}", self.name)
    }
}

fn made(folder: &Path) -> String {
    format!("can't work in {}; --state names another folder", folder.display())
}

/// A lock of the kernel's: it goes with its holder, however that dies.
fn take(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(LOCK);
    let options = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path);
    let lock = options.with_context(|| made(folder))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => {
            bail!("another `frescod dev` works in {}: stop it, or choose another --state", folder.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| made(folder)),
    }
}

/// Removes a file or a folder, which may be gone. A link goes, and what it leads to stays.
fn remove(path: &Path) -> anyhow::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("can't remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_once_stays_and_two_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("dev");
        let mut state = State::open(&place).unwrap();
        state.settle(|identity| identity.postgres_port = Some(5555)).unwrap();
        let (name, key) = (state.identity().interface(), fs::read(state.key_file()).unwrap());
        let password = state.password("api").unwrap();
        assert!(name.len() <= 15, "{name}");

        let error = State::open(&place).unwrap_err().to_string();
        assert!(error.contains("another `frescod dev` works in"), "{error}");

        drop(state);
        let again = State::open(&place).unwrap();
        assert_eq!((again.identity().interface(), again.identity().postgres_port), (name, Some(5555)));
        assert_eq!(fs::read(again.key_file()).unwrap(), key);
        use secrecy::ExposeSecret;
        assert_eq!(again.password("api").unwrap().expose_secret(), password.expose_secret());
    }

    #[test]
    fn only_what_a_platform_made_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("dev");
        fs::create_dir(&place).unwrap();
        assert!(!State::is_in(&place));
        let state = State::open(&place).unwrap();
        assert!(State::is_in(&place));
        fs::create_dir(place.join("traefik")).unwrap();
        fs::write(place.join("traefik/traefik.log.old"), "").unwrap();
        fs::write(place.join("frescod.toml.draft"), "").unwrap();
        fs::write(place.join("thesis.txt"), "years of work").unwrap();
        assert_eq!(state.remove().unwrap(), ["thesis.txt"]);
        assert_eq!(fs::read(place.join("thesis.txt")).unwrap(), b"years of work");

        fs::remove_file(place.join("thesis.txt")).unwrap();
        assert!(State::open(&place).unwrap().remove().unwrap().is_empty());
        assert!(!place.exists());
    }
}
