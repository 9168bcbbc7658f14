//! The labels that say whose an object is. What does not carry them is never touched.

use std::collections::BTreeMap;

use domain::TenantId;
use domain::tenant::SpecHash;
use semver::Version;
use serde::{Deserialize, Serialize};

const PLATFORM: &str = "fresco.platform";
const TENANT: &str = "fresco.tenant";
const GENERATION: &str = "fresco.generation";
const HASH: &str = "fresco.spec-hash";
const PHASE: &str = "fresco.phase";
const VERSION: &str = "fresco.version";
/// The port that makes a container's address.
pub(super) const PORT: &str = "fresco.port";
/// What an object of ours is for that belongs to no tenant.
pub(super) const ROLE: &str = "fresco.role";
/// The role of an image that we made ourselves.
pub(super) const OWN_IMAGE: &str = "own-image";
/// The role of a container that is only read from.
pub(super) const READER: &str = "reader";

/// Whether a label of that key is the platform's to set: one of ours, or one that Traefik reads, in whatever case.
pub(super) fn is_reserved(key: &str) -> bool {
    const TRAEFIK: &str = "traefik.";
    let routes = key.get(..TRAEFIK.len()).is_some_and(|start| start.eq_ignore_ascii_case(TRAEFIK));
    routes || [PLATFORM, TENANT, GENERATION, HASH, PHASE, VERSION, PORT, ROLE].contains(&key)
}

/// Names one installation, so that several may share an engine: 1 to 32 lower-case letters, digits and `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PlatformId(String);

/// Why a text is no platform id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform id: expected 1 to 32 lower-case letters, digits and `-`")]
pub struct InvalidPlatformId(String);

impl PlatformId {
    /// The label that every object of a platform carries.
    pub const LABEL: &str = PLATFORM;

    /// Reads an id.
    ///
    /// # Errors
    /// [`InvalidPlatformId`] if it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidPlatformId> {
        let valid = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidPlatformId(text.chars().take(64).collect())) }
    }
}

domain::text_newtype!(PlatformId, InvalidPlatformId);

/// What a container is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    Serve,
    Release,
    /// Tries what a tenant must not be able to do.
    Probe,
}

/// What the labels say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    pub platform: PlatformId,
    pub tenant: TenantId,
    pub phase: Phase,
    /// The generation that made it; for people, drift is told by the hash.
    pub generation: i64,
    pub hash: SpecHash,
    /// The app's version it is made for, where that is known: what asks whether it is ready depends on it.
    pub version: Option<Version>,
}

impl Ownership {
    #[must_use]
    pub fn to_labels(&self) -> BTreeMap<String, String> {
        let version = self.version.as_ref().map(|version| (VERSION, version.to_string()));
        let always = [
            (PLATFORM, self.platform.as_str().to_owned()),
            (TENANT, self.tenant.to_string()),
            (GENERATION, self.generation.to_string()),
            (HASH, self.hash.as_str().to_owned()),
            (PHASE, self.phase.as_str().to_owned()),
        ];
        always.into_iter().chain(version).map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// Reads labels; `None` unless all of ours are there (a version where one is known) and make sense.
    #[must_use]
    pub fn from_labels<'a>(label: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        Some(Self {
            platform: PlatformId::parse(label(PLATFORM)?).ok()?,
            tenant: TenantId::parse(label(TENANT)?).ok()?,
            phase: Phase::parse(label(PHASE)?)?,
            generation: label(GENERATION)?.parse().ok()?,
            hash: SpecHash::from_label(label(HASH)?),
            version: label(VERSION).and_then(|version| Version::parse(version).ok()),
        })
    }
}

impl Phase {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Release => "release",
            Self::Probe => "probe",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Serve, Self::Release, Self::Probe].into_iter().find(|phase| phase.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_for_the_platform_is_reserved_and_nothing_else() {
        for reserved in ["traefik.enable", "Traefik.HTTP.routers.x.rule", PLATFORM, TENANT, PHASE, PORT, ROLE] {
            assert!(is_reserved(reserved), "{reserved}");
        }
        for free in ["fresco.sample.sha256", "traefikx.enable", "org.opencontainers.image.title", "ü", ""] {
            assert!(!is_reserved(free), "{free}");
        }
    }

    #[test]
    fn labels_read_back_and_nothing_less_than_all_of_them_counts() {
        let owner = Ownership {
            platform: PlatformId::parse("main").unwrap(),
            tenant: TenantId::parse("tnt_0190a1b2c3d4e5f60718293a4b5c6d7e").unwrap(),
            phase: Phase::Release,
            generation: 7,
            hash: domain::tenant::hash(&"x"),
            version: Some(Version::new(4, 0, 0)),
        };
        let labels = owner.to_labels();
        assert_eq!(Ownership::from_labels(|key| labels.get(key).map(String::as_str)), Some(owner));
        for missing in labels.keys().filter(|key| *key != VERSION) {
            let read = Ownership::from_labels(|key| labels.get(key).filter(|_| key != missing).map(String::as_str));
            assert_eq!(read, None, "without {missing}");
        }
    }
}
