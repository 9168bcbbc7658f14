//! What an owner decides about an instance, and the hash that tells drift.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::app::{AppName, EnvName, Isolation};
use crate::image::ImageReference;
use crate::limits::Limits;

/// What an owner decides. It holds no secret: those lie sealed beside it, named here by their version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantSpec {
    pub app: AppName,
    /// The contract its data was made under, taken from the app's manifest once: a tenant can be destroyed whatever has
    /// become of the manifest.
    pub isolation: Isolation,
    pub image: ImageReference,
    /// `None`: what the app's profile says for the image's version.
    pub limits: Option<Limits>,
    #[serde(default)]
    pub environment: Environment,
    /// Counted up to ask for a restart.
    #[serde(default)]
    pub restarts: u32,
}

/// Variables an owner has set.
pub type Environment = BTreeMap<EnvName, EnvironmentValue>;

/// A variable's value, or where it lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnvironmentValue {
    Plain(String),
    /// Sealed in the secrets' table; the number grows with each change.
    Sealed(u32),
}

/// The name under which a variable's sealed value lies: the API puts it there, the reconciler looks there.
#[must_use]
pub fn sealed_name(variable: &EnvName) -> String {
    format!("env:{variable}")
}

/// A fingerprint of everything that went into an object: two that differ mean that the object must change.
///
/// It is taken over inputs without secrets (their versions stand for them), so it needs no key, and the API can tell
/// what a change would do without being able to read a secret: `docs/adr/0004-spec-hash-without-a-key.md`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SpecHash(String);

impl SpecHash {
    /// As read from a label; compared only.
    #[must_use]
    pub fn from_label(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SpecHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The hash of `inputs`: SHA-256 of their JSON, 32 hex digits. Maps in `inputs` must be ordered.
///
/// # Panics
/// If `inputs` can't be written as JSON, which no type of ours does.
#[must_use]
pub fn hash<T: Serialize>(inputs: &T) -> SpecHash {
    let json = serde_json::to_vec(inputs).expect("our own types are JSON");
    SpecHash(Sha256::digest(&json).iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}
