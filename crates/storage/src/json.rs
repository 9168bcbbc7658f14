//! Between columns and domain types.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;

/// A value of ours for a `jsonb` column.
pub(crate) fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("our own types are JSON: no map of theirs has keys that are not text")
}

/// The same for a column that may be null.
pub(crate) fn json_or_null<T: Serialize>(value: Option<&T>) -> Option<Value> {
    value.map(json)
}

/// One of our enums from the word a text column holds.
pub(crate) fn word<T: DeserializeOwned>(text: &str) -> Result<T, ValueError> {
    T::deserialize(StrDeserializer::new(text))
}
