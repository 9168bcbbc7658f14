//! Query parameters.

use std::borrow::Cow;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::error::{ApiError, FieldError};
use crate::state::ApiState;

/// Parameters of type `T`; a wrong or unknown one is told by its name.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequestParts<ApiState> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        parameters(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Those of a path's query.
pub(crate) fn parameters<T: DeserializeOwned>(query: &str) -> Result<T, ApiError> {
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let name = error.path().to_string();
        let given = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| *key == name);
        let given = given.map(|(_, value)| value.chars().take(SHOWN).collect::<String>()).unwrap_or_default();
        let detail = format!("`{name}={given}`: {}", in_words(&error.inner().to_string()));
        ApiError::invalid(FieldError::parameter(&name, detail))
    })
}

/// How much of a wrong value is said again.
const SHOWN: usize = 64;

/// What would be right. The parsers of numbers and times say only what is wrong, and not what is expected of whom.
fn in_words(wrong: &str) -> Cow<'_, str> {
    match wrong {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "expected a number, of digits only".into()
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "expected a number that is not as large".into()
        }
        "provided string was not `true` or `false`" => "expected `true` or `false`".into(),
        "premature end of input"
        | "trailing input"
        | "input is out of range"
        | "input contains invalid characters"
        | "input is not enough for unique date and time"
        | "no possible date and time matching input" => "expected a time such as `2026-01-31T12:00:00Z`".into(),
        other => other.replace("unknown field", "unknown parameter").replace("unknown variant ", "no ").into(),
    }
}
