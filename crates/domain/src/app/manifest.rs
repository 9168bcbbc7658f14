//! The manifest: one TOML document an app.

use serde::{Deserialize, Serialize};

use super::{EnvName, InvalidSetting, Profile, RunAs, Setting, Setup};
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
    #[error("{field}: {problem}")]
    Field { field: String, problem: String },
}

impl AppManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`InvalidManifest`] names the line or the field, what is wrong with it, and what would be right.
    pub fn parse(toml: &str) -> Result<Self, InvalidManifest> {
        let manifest: Self = toml::from_str(toml).map_err(|error| InvalidManifest::Syntax(error.to_string()))?;
        manifest.check()?;
        Ok(manifest)
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

    fn check(&self) -> Result<(), InvalidManifest> {
        let fallbacks = self.profiles.iter().filter(|profile| profile.versions.is_none()).count();
        if fallbacks != 1 {
            return field(
                "profile",
                &format!("{fallbacks} of them have no `versions`; exactly one must be the fallback"),
            );
        }
        if self.port == 0 {
            return field("port", "must be between 1 and 65535");
        }
        if let Some(version) = &self.version {
            absolute("version.file", &version.file)?;
        }
        for (index, profile) in self.profiles.iter().enumerate() {
            check_profile(profile).map_err(|(name, problem)| InvalidManifest::Field {
                field: format!("profile[{index}].{name}"),
                problem,
            })?;
        }
        Ok(())
    }
}

fn field<T>(field: &str, problem: &str) -> Result<T, InvalidManifest> {
    Err(InvalidManifest::Field { field: field.to_owned(), problem: problem.to_owned() })
}

fn absolute(name: &str, path: &str) -> Result<(), InvalidManifest> {
    if is_clean_path(path) {
        Ok(())
    } else {
        field(name, &format!("`{path}` must be an absolute path without `..`, `//` or a colon"))
    }
}

fn is_clean_path(path: &str) -> bool {
    path.len() > 1
        && path.starts_with('/')
        && !path.contains([':', ',', '\0'])
        && path.split('/').skip(1).all(|part| !part.is_empty() && part != "." && part != "..")
}

type Problem = (String, String);

fn check_profile(profile: &Profile) -> Result<(), Problem> {
    if let Some(release) = &profile.release {
        check_run("release", &release.run)?;
        if release.run.command.is_none() {
            return Err((
                "release.command".into(),
                "a release needs a command; without a release phase leave the table out".into(),
            ));
        }
        if release.effect.trim().is_empty() {
            return Err(("release.effect".into(), "a query is needed: an exit code alone is not believed".into()));
        }
    }
    let serve = &profile.serve;
    check_run("serve", &serve.run)?;
    if let Some(most) = &serve.most {
        serve.run.limits.within(most).map_err(|error| ("serve.limits".to_owned(), error.to_string()))?;
    }
    if !serve.ready.path.starts_with('/') {
        return Err(("serve.ready.path".into(), "must start with `/`".into()));
    }
    if serve.ready.accept.is_empty() || serve.ready.accept.iter().any(|status| !(100..600).contains(status)) {
        return Err(("serve.ready.accept".into(), "must list at least one status between 100 and 599".into()));
    }
    profile.setup.as_ref().map_or(Ok(()), Setup::check)
}

fn check_run(phase: &str, run: &RunAs) -> Result<(), Problem> {
    for writable in &run.writable {
        if !is_clean_path(&writable.path) {
            return Err((
                format!("{phase}.writable"),
                format!("`{}` must be an absolute path without `..`", writable.path),
            ));
        }
        if let Some(mode) = &writable.mode
            && (mode.len() > 4 || u32::from_str_radix(mode, 8).is_err())
        {
            return Err((format!("{phase}.writable"), format!("mode `{mode}` must be octal, such as \"0755\"")));
        }
    }
    if let Some(user) = &run.user {
        let numeric = user.split(':').all(|part| part.parse::<u32>().is_ok()) && user.split(':').count() == 2;
        if !numeric {
            return Err((format!("{phase}.user"), format!("`{user}` must be numeric `uid:gid`")));
        }
    }
    if run.command.as_ref().is_some_and(Vec::is_empty) {
        return Err((format!("{phase}.command"), "must not be empty; leave it out for the image's own".into()));
    }
    Ok(())
}
