//! The manifest: one TOML document an app.

use serde::{Deserialize, Serialize};

use super::check::{self, WrongField};
use super::{EnvName, InvalidSetting, Profile, Setting};
use crate::image::{ImagePin, ImageReference};
use crate::limits::Limits;

/// An app's name: a DNS label.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AppName(String);

impl AppName {
    /// Reads a name: 1 to 32 lower-case letters, digits and `-`, starting with a letter.
    ///
    /// # Errors
    /// [`InvalidManifest::Name`] otherwise.
    pub fn parse(text: &str) -> Result<Self, InvalidManifest> {
        let valid = (1..=32).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidManifest::Name(text.chars().take(64).collect())) }
    }
}

crate::text_newtype!(AppName, InvalidManifest);

/// Which contract of isolation in PostgreSQL an app can live with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// A schema in a shared database: for apps that honour `search_path`.
    Schema,
    /// A database of its own: for apps that name `public` themselves.
    Database,
}

/// Where an image tells its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionSource {
    /// A JSON file in the image.
    pub file: String,
    /// The key in its top-level object.
    pub key: String,
}

/// What the platform knows of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppManifest {
    pub name: AppName,
    /// Its name for people.
    pub title: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// The image a new instance gets.
    pub image: ImageReference,
    pub isolation: Isolation,
    /// The port it listens on inside its container.
    pub port: u16,
    /// `None`: the image does not tell, and the fallback profile holds.
    pub version: Option<VersionSource>,
    #[serde(default, rename = "setting")]
    pub settings: Vec<Setting>,
    #[serde(rename = "profile")]
    pub profiles: Vec<Profile>,
}

/// Why a manifest is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidManifest {
    #[error("`{0}` is no app name: expected 1 to 32 lower-case letters, digits and `-`, starting with a letter")]
    Name(String),
    #[error("{0}")]
    Syntax(String),
    #[error("{}", in_lines(_0))]
    Fields(Vec<WrongField>),
}

fn in_lines(wrong: &[WrongField]) -> String {
    wrong.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  ")
}

impl AppManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`InvalidManifest`] names the line, or all fields, what is wrong with them, and what would be right.
    pub fn parse(toml: &str) -> Result<Self, InvalidManifest> {
        let manifest: Self = toml::from_str(toml).map_err(|error| InvalidManifest::Syntax(error.to_string()))?;
        let wrong = check::check(&manifest);
        if wrong.is_empty() { Ok(manifest) } else { Err(InvalidManifest::Fields(wrong)) }
    }

    /// The profile for an image.
    #[must_use]
    pub fn profile(&self, pin: &ImagePin) -> &Profile {
        self.profile_of(pin.version.as_ref())
    }

    /// The profile for a version: the first whose range holds it, else the fallback.
    #[must_use]
    pub fn profile_of(&self, version: Option<&semver::Version>) -> &Profile {
        let matching = version.and_then(|version| {
            self.profiles.iter().find(|profile| profile.versions.as_ref().is_some_and(|range| range.matches(version)))
        });
        matching.unwrap_or_else(|| self.fallback())
    }

    fn fallback(&self) -> &Profile {
        self.profiles
            .iter()
            .find(|profile| profile.versions.is_none())
            .expect("a checked manifest has exactly one fallback profile")
    }

    /// The most any profile of the app allows: what limits are checked against before an image's version is known.
    #[must_use]
    pub fn most(&self) -> Limits {
        let each = self.profiles.iter().map(|profile| profile.serve.most.unwrap_or(profile.serve.run.limits));
        each.reduce(|a, b| Limits {
            memory: a.memory.max(b.memory),
            memory_swap: a.memory_swap.max(b.memory_swap),
            cpus: a.cpus.max(b.cpus),
            pids: a.pids.max(b.pids),
        })
        .expect("a checked manifest has a profile")
    }

    /// The setting of that name, its value checked.
    ///
    /// # Errors
    /// [`InvalidSetting`] if the manifest does not list the name or admit the value.
    pub fn setting(&self, name: &EnvName, value: &str) -> Result<&Setting, InvalidSetting> {
        let setting = self.settings.iter().find(|setting| setting.name == *name).ok_or_else(|| {
            let known: Vec<&str> = self.settings.iter().map(|setting| setting.name.as_str()).collect();
            InvalidSetting::Unknown { name: name.to_string(), known: known.join(", ") }
        })?;
        setting.check(value).map(|()| setting)
    }
}
