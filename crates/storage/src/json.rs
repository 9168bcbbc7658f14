//! Between columns and domain types.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde_json::Value;

/// A value of ours for a `jsonb` column. What applications say ends up in it, and PostgreSQL refuses NUL in any text: it
/// becomes U+FFFD.
pub(crate) fn json<T: Serialize>(value: &T) -> Value {
    let value = serde_json::to_value(value);
    storable(value.expect("our own types are JSON: no map of theirs has keys that are not text"))
}

/// The same for JSON that is there already.
pub(crate) fn storable(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) => *text = without_nul(text),
        Value::Array(items) => items.iter_mut().for_each(|item| *item = storable(item.take())),
        Value::Object(fields) => fields.values_mut().for_each(|field| *field = storable(field.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    value
}

/// Text for a `text` column.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The same for a column that may be null.
pub(crate) fn json_or_null<T: Serialize>(value: Option<&T>) -> Option<Value> {
    value.map(json)
}

/// One of our enums from the word a text column holds.
pub(crate) fn word<T: DeserializeOwned>(text: &str) -> Result<T, ValueError> {
    T::deserialize(StrDeserializer::new(text))
}
