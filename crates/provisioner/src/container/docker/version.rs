//! Which engine this is, and whether we speak its language.

use bollard::API_DEFAULT_VERSION;
use bollard::models::SystemInfo;

use super::DockerEngine;
use super::call::Ask;
use crate::container::{EngineError, EngineVersion};

/// The oldest API that everything here was tested against (engine 20.10).
const OLDEST: (usize, usize) = (1, 41);

/// What the engine's host can limit: kernels differ, and one without swap accounting is common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host {
    pub(super) memory: bool,
    pub(super) swap: bool,
    pub(super) cpus: bool,
    pub(super) pids: bool,
}

impl Host {
    /// Before it was asked.
    pub(super) const UNKNOWN: Self = Self { memory: false, swap: false, cpus: false, pids: false };

    fn of(info: &SystemInfo) -> Self {
        let can = |ability: Option<bool>| ability.unwrap_or(false);
        Self {
            memory: can(info.memory_limit),
            swap: can(info.swap_limit),
            cpus: can(info.cpu_cfs_quota),
            pids: can(info.pids_limit),
        }
    }
}

impl DockerEngine {
    pub(super) async fn ask_version(&self) -> Result<EngineVersion, EngineError> {
        Ok(self.ask_version_and_host().await?.0)
    }

    pub(super) async fn ask_version_and_host(&self) -> Result<(EngineVersion, Host), EngineError> {
        let ask = Ask::new("tell its version", "the engine");
        let version = self.call(&ask, self.docker.version()).await?;
        let info = self.call(&ask, self.docker.info()).await?;
        let api = version.api_version.ok_or_else(|| ask.lacks("its API version"))?;
        let host = Host::of(&info);
        let version = EngineVersion {
            engine: version.version.unwrap_or_else(|| "unknown".to_owned()),
            oldest_api: version.min_api_version.unwrap_or_else(|| api.clone()),
            api,
            live_restore: info.live_restore_enabled.unwrap_or(false),
            cgroup_version: info.cgroup_version.map(|version| version.to_string()).unwrap_or_default(),
            cgroup_driver: info.cgroup_driver.map(|driver| driver.to_string()).unwrap_or_default(),
        };
        Ok((version, host))
    }
}

/// Whether we and the engine share an API.
pub(super) fn check(version: &EngineVersion) -> Result<(), EngineError> {
    let ask = Ask::new("work with us", "the engine");
    let EngineVersion { engine, api, oldest_api, .. } = version;
    let unreadable = |text: &str| ask.refused(format!("its API version `{text}` can't be read"));
    let newest = parse(api).ok_or_else(|| unreadable(api))?;
    let oldest = parse(oldest_api).ok_or_else(|| unreadable(oldest_api))?;
    if newest < OLDEST {
        let (major, minor) = OLDEST;
        let detail =
            format!("engine {engine} speaks API {api}, we need {major}.{minor}: install Docker 20.10 or later");
        return Err(ask.refused(detail));
    }
    let ours = (API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version);
    if oldest > ours {
        let detail = format!(
            "engine {engine} speaks no API older than {oldest_api}, we speak up to {API_DEFAULT_VERSION}: \
             update frescod, or set \"min-api-version\" in the engine's daemon.json"
        );
        return Err(ask.refused(detail));
    }
    Ok(())
}

fn parse(text: &str) -> Option<(usize, usize)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(oldest_api: &str, api: &str) -> Result<(), EngineError> {
        check(&EngineVersion {
            engine: "x".to_owned(),
            api: api.to_owned(),
            oldest_api: oldest_api.to_owned(),
            live_restore: false,
            cgroup_version: "2".to_owned(),
            cgroup_driver: "systemd".to_owned(),
        })
    }

    #[test]
    fn engines_too_old_and_too_new_are_told_what_to_do() {
        for (oldest, newest) in [("1.12", "1.41"), ("1.24", "1.47"), ("1.44", "1.53"), ("1.44", "1.99")] {
            assert_eq!(checked(oldest, newest), Ok(()), "{oldest} to {newest}");
        }
        assert!(checked("1.12", "1.40").unwrap_err().to_string().contains("install Docker 20.10"));
        assert!(checked("1.99", "1.120").unwrap_err().to_string().contains("update frescod"));
        assert!(checked("1.12", "new").unwrap_err().to_string().contains("can't be read"));
    }
}
