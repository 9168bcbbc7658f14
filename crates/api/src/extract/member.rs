//! A member of a JSON merge patch, RFC 7396.

use serde::{Deserialize, Deserializer};

/// Left out (with `#[serde(default)]`), null, or a value.
#[derive(Clone, Debug, Default)]
pub(crate) enum Member<T> {
    /// Stays as it is.
    #[default]
    Absent,
    /// Goes.
    Null,
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Member<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}
