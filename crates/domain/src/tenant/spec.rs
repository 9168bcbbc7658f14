//! What an owner decides about an instance, and the hash that tells drift.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::restore::RestoreWish;
use crate::app::{AppName, EnvName, Isolation};
use crate::image::{ImagePin, ImageReference};
use crate::limits::AskedLimits;

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
    pub limits: Option<AskedLimits>,
    #[serde(default)]
    pub environment: Environment,
    /// Counted up to ask for a restart.
    #[serde(default)]
    pub restarts: u32,
    /// Counted up to have the image's reference settled anew, for the content it means by then.
    #[serde(default)]
    pub refreshes: u32,
    /// Exactly this image, as it once was: what a rollback goes back to. There is nothing to settle then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<ImagePin>,
    /// The newest wish for older data, carried out or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<RestoreWish>,
}

impl TenantSpec {
    /// The image that is meant, if it is known: the spec's own pin, else the newest settled one if it was settled for what
    /// the spec asks for now.
    #[must_use]
    pub fn image_in_force<'a>(&'a self, newest: Option<&'a ImagePin>) -> Option<&'a ImagePin> {
        let settled = newest.filter(|pin| pin.reference == self.image && pin.refreshes == self.refreshes);
        self.pin.as_ref().or(settled)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(reference: &str, digit: &str, refreshes: u32) -> ImagePin {
        let id = crate::image::ImageId::parse(&format!("sha256:{}", digit.repeat(64))).unwrap();
        ImagePin { reference: ImageReference::parse(reference).unwrap(), id, digest: None, version: None, refreshes }
    }

    #[test]
    fn a_pin_counts_for_what_it_was_settled_for_and_the_specs_own_always() {
        let spec = r#"{"app": "sample", "isolation": "database", "image": "sample:1", "limits": null}"#;
        let spec: TenantSpec = serde_json::from_str(spec).unwrap();
        let (settled, other) = (pin("sample:1", "a", 0), pin("sample:2", "b", 0));
        assert_eq!(spec.image_in_force(Some(&settled)), Some(&settled));
        assert_eq!(spec.image_in_force(Some(&other)), None);
        let asked_anew = TenantSpec { refreshes: 1, ..spec.clone() };
        assert_eq!(asked_anew.image_in_force(Some(&settled)), None);
        let back = TenantSpec { pin: Some(settled.clone()), ..asked_anew };
        assert_eq!(back.image_in_force(Some(&other)), Some(&settled));
        assert_eq!(back.image_in_force(None), Some(&settled));
    }
}
