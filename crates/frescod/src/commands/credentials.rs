//! What `frescod login` keeps: where, and a key for it. `~/.config/fresco-platform/credentials.toml`, for its owner only.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use anyhow::Context;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::config::{Environment, SecretFile};
use crate::files::replace;

/// A key, and the server that it goes to.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) server: Url,
    pub(super) key: SecretString,
    /// Whether it was made for here alone, and ends with `frescod logout`.
    pub(super) made_here: bool,
}

/// As the file has it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    server: String,
    key: String,
    made_here: bool,
}

const HEAD: &str = "# Kept by `frescod login`; `frescod logout` removes it. The key lets whoever has it in.\n";

impl Credentials {
    /// What is kept; `None`: nothing.
    pub(super) fn read(environment: &Environment) -> anyhow::Result<Option<Self>> {
        let Some(path) = path(environment).filter(|path| path.exists()) else { return Ok(None) };
        let read = SecretFile::at(path).parse(|text| {
            // Nothing of the content is repeated.
            let kept: Kept = toml::from_str(text.expose_secret())
                .map_err(|_| anyhow::anyhow!("it is not as `frescod login` writes it; log in again"))?;
            let server = Url::parse(&kept.server).context("its `server` is no URL; log in again")?;
            anyhow::Ok(Self { server, key: kept.key.into(), made_here: kept.made_here })
        });
        Ok(Some(read?))
    }

    /// Keeps it in the place of what is there; answers where.
    pub(super) fn write(&self, environment: &Environment) -> anyhow::Result<PathBuf> {
        let path = path(environment).context("no HOME: there is nowhere to keep a key")?;
        let folder = path.parent().context("the file has a folder")?;
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(|| format!("can't make {}", folder.display()))?;
        let kept = Kept {
            server: self.server.to_string(),
            key: self.key.expose_secret().to_owned(),
            made_here: self.made_here,
        };
        replace(&path, &format!("{HEAD}{}", toml::to_string(&kept)?), 0o600)?;
        Ok(path)
    }

    /// Removes what is kept.
    pub(super) fn forget(environment: &Environment) -> anyhow::Result<()> {
        let Some(path) = path(environment) else { return Ok(()) };
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("can't remove {}", path.display()))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

fn path(environment: &Environment) -> Option<PathBuf> {
    Some(environment.xdg("XDG_CONFIG_HOME", ".config")?.join("fresco-platform/credentials.toml"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_kept_is_for_its_owner_only_and_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let environment = Environment::from([("XDG_CONFIG_HOME", folder.path().to_str().unwrap())]);
        assert!(Credentials::read(&environment).unwrap().is_none());
        let server = Url::parse("https://platform.example.net").unwrap();
        let new = Credentials { server, key: "frk_\"x\"".into(), made_here: true };
        let path = new.write(&environment).unwrap();
        let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let read = Credentials::read(&environment).unwrap().unwrap();
        assert_eq!((read.server, read.made_here), (new.server, true));
        assert_eq!(read.key.expose_secret(), "frk_\"x\"");

        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Credentials::read(&environment).unwrap_err().to_string().contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "key = \"frk_secret\"").unwrap();
        let error = format!("{:#}", Credentials::read(&environment).unwrap_err());
        assert!(error.contains("log in again") && !error.contains("frk_secret"), "{error}");
        Credentials::forget(&environment).unwrap();
        Credentials::forget(&environment).unwrap();
        assert!(!path.exists());
    }
}
