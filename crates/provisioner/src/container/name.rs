//! Names that reach the engine's API. They are put into paths unescaped, so nothing else may: a name such as
//! `../images/x` would ask for something other than a container.

use domain::TenantId;

use super::{Ownership, Phase};

/// A container's name, derived from its tenant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ContainerName(String);

impl ContainerName {
    /// `fresco_tenant_{id}`.
    #[must_use]
    pub fn serve(tenant: TenantId) -> Self {
        Self(format!("fresco_tenant_{}", tenant.simple()))
    }

    /// `fresco_tenant_{id}_next`: waits to take over from the one that serves.
    #[must_use]
    pub fn successor(tenant: TenantId) -> Self {
        Self(format!("fresco_tenant_{}_next", tenant.simple()))
    }

    /// `fresco_release_{id}_{n}`.
    #[must_use]
    pub fn release(tenant: TenantId, number: u32) -> Self {
        Self(format!("fresco_release_{}_{number}", tenant.simple()))
    }

    /// `fresco_probe_{id}`.
    #[must_use]
    pub fn probe(tenant: TenantId) -> Self {
        Self(format!("fresco_probe_{}", tenant.simple()))
    }

    /// Whether a container of that owner would have that name.
    #[must_use]
    pub fn is_of(name: &str, owner: &Ownership) -> bool {
        match owner.phase {
            Phase::Serve => [Self::serve(owner.tenant), Self::successor(owner.tenant)].iter().any(|own| own.0 == name),
            Phase::Probe => Self::probe(owner.tenant).0 == name,
            Phase::Release => name.starts_with(&format!("fresco_release_{}_", owner.tenant.simple())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ContainerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tenants' network's name: 1 to 64 lower-case letters, digits, `_` and `-`, starting with a letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct NetworkName(String);

/// Why a text is no network's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no network name: expected 1 to 64 lower-case letters, digits, `_` and `-`, starting with a letter")]
pub struct InvalidNetworkName(String);

impl NetworkName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`InvalidNetworkName`] if it is none.
    pub fn parse(text: &str) -> Result<Self, InvalidNetworkName> {
        let valid = (1..=64).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidNetworkName(text.chars().take(80).collect())) }
    }
}

domain::text_newtype!(NetworkName, InvalidNetworkName);
