//! What an owner decides about an instance, and the hash that tells drift.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::restore::RestoreWish;
use crate::app::{AppManifest, AppName, EnvName, Isolation};
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
    #[serde(default, skip_serializing_if = "ImagePolicy::is_usual")]
    pub image_policy: ImagePolicy,
}

/// Who decides when an instance gets another image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImagePolicy {
    /// Whoever may configure it.
    #[default]
    Manual,
    /// The platform as well: when the app's manifest names another image, the instance gets that one.
    Automatic,
}

impl ImagePolicy {
    /// Left out where it is written, so that a spec from before there was a choice equals one of today.
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl TenantSpec {
    /// What an app's manifest says, where its owner has decided nothing.
    #[must_use]
    pub fn usual(manifest: &AppManifest) -> Self {
        Self {
            app: manifest.name.clone(),
            isolation: manifest.isolation,
            image: manifest.image.clone(),
            limits: None,
            environment: Environment::new(),
            restarts: 0,
            refreshes: 0,
            pin: None,
            restore: None,
            image_policy: ImagePolicy::default(),
        }
    }

    /// The same for the image that the app's manifest offers by now, if the platform may give it that by itself. One that
    /// somebody has brought back to an image stays there until somebody asks for another.
    #[must_use]
    pub fn following(&self, offered: &ImageReference) -> Option<Self> {
        let follows = self.image_policy == ImagePolicy::Automatic && self.pin.is_none() && self.image != *offered;
        follows.then(|| Self { image: offered.clone(), ..self.clone() })
    }

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

    #[test]
    fn the_platform_gives_another_image_to_who_wants_that_and_was_not_brought_back() {
        let spec = r#"{"app": "sample", "isolation": "database", "image": "sample:1", "limits": null}"#;
        let manual: TenantSpec = serde_json::from_str(spec).unwrap();
        assert!(!serde_json::to_string(&manual).unwrap().contains("image_policy"));
        let offered = ImageReference::parse("sample:2").unwrap();
        assert_eq!(manual.following(&offered), None);
        let automatic = TenantSpec { image_policy: ImagePolicy::Automatic, ..manual };
        let followed = automatic.following(&offered).unwrap();
        assert_eq!(followed, TenantSpec { image: offered.clone(), ..automatic.clone() });
        assert_eq!(followed.following(&offered), None);
        let back = TenantSpec { pin: Some(pin("sample:1", "a", 0)), ..automatic };
        assert_eq!(back.following(&offered), None);
    }
}
