//! Identifiers: UUIDs of version 7 (ordered by time), shown to people with a prefix that says what they name.
//!
//! To add one: a line `prefixed_id!(Name, "prefix", "what it names")`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::entropy::{Entropy, random};

/// Why a text is no identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {noun} id: expected `{prefix}_` and 32 hex digits")]
pub struct InvalidId {
    text: String,
    noun: &'static str,
    prefix: &'static str,
}

macro_rules! prefixed_id {
    ($name:ident, $prefix:literal, $noun:literal) => {
        #[doc = concat!("Names ", $noun, "; in text `", $prefix, "_` and 32 hex digits.")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, made at `now`.
            #[must_use]
            pub fn generate(now: DateTime<Utc>, entropy: &dyn Entropy) -> Self {
                let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random(entropy)).into_uuid())
            }

            /// The id a row carries.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// 32 lower-case hex digits, without the prefix.
            #[must_use]
            pub fn simple(self) -> String {
                self.0.simple().to_string()
            }

            /// Reads the text form.
            ///
            /// # Errors
            /// [`InvalidId`] if the prefix or the digits are wrong.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .filter(|digits| digits.len() == 32 && !digits.bytes().any(|byte| byte.is_ascii_uppercase()))
                    .and_then(|digits| Uuid::try_parse(digits).ok())
                    .map(Self)
                    .ok_or_else(|| InvalidId { text: text.chars().take(64).collect(), noun: $noun, prefix: $prefix })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }
    };
}

prefixed_id!(TenantId, "tnt", "a tenant");
prefixed_id!(OrganisationId, "org", "an organisation");
prefixed_id!(UserId, "usr", "a user");
prefixed_id!(SessionId, "ses", "a session");
prefixed_id!(ApiKeyId, "key", "an API key");
prefixed_id!(InvitationId, "inv", "an invitation");
prefixed_id!(SignupId, "sgn", "a sign-up");
prefixed_id!(DeploymentId, "dep", "a deployment");

impl OrganisationId {
    /// The operator's own organisation: the first migration creates it, and what an operator key deploys belongs to it.
    pub const OPERATOR: Self = Self(Uuid::from_u128(1));
}

impl UserId {
    /// The operator as an owner, as the first migration creates it.
    pub const OPERATOR: Self = Self(Uuid::from_u128(1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Clock, SystemClock, SystemEntropy};

    #[test]
    fn text_form_round_trips_and_refuses_what_is_not_its_own() {
        let id = TenantId::generate(SystemClock.now(), &SystemEntropy);
        assert_eq!(TenantId::parse(&id.to_string()), Ok(id));
        for wrong in
            ["", "tnt_", "tnt_12", "dep_0190a1b2c3d4e5f60718293a4b5c6d7e", "tnt_0190A1B2C3D4E5F60718293A4B5C6D7E"]
        {
            assert!(TenantId::parse(wrong).is_err(), "{wrong}");
        }
        assert!(TenantId::parse(&id.simple()).is_err());
    }

    #[test]
    fn later_ids_sort_later() {
        let now = SystemClock.now();
        let (early, late) = (
            TenantId::generate(now, &SystemEntropy),
            TenantId::generate(now + chrono::Duration::milliseconds(1), &SystemEntropy),
        );
        assert!(early < late);
    }
}
