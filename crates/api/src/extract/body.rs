//! A JSON body.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_path_to_error::Segment;

use crate::error::{ApiError, FieldError};
use crate::state::ApiState;

/// A body of type `T`; what is wrong with one is told with a pointer to its place.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<ApiState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::UnsupportedMediaType);
        }
        parse(&whole(request, state).await?).map(Self)
    }
}

/// A body that may be left out, which then says nothing of what it could say.
pub(crate) struct OptionalBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Default> FromRequest<ApiState> for OptionalBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, ApiError> {
        let is_json = is_json(request.headers());
        let bytes = whole(request, state).await?;
        match (bytes.is_empty(), is_json) {
            (true, _) => Ok(Self(T::default())),
            (false, true) => parse(&bytes).map(Self),
            (false, false) => Err(ApiError::UnsupportedMediaType),
        }
    }
}

async fn whole(request: Request, state: &ApiState) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::BodyTooLarge(state.settings.body_limit),
        _ => ApiError::Malformed("the body ended before it was whole".to_owned()),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/merge-patch+json"].iter().any(|json| kind.eq_ignore_ascii_case(json))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(not_an_object(bytes));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| refusal(&error))?;
    json.end().map_err(|error| ApiError::Malformed(format!("the body is not one JSON document: {error}")))?;
    Ok(value)
}

/// Said here, because serde would take an array for a struct, field by field.
fn not_an_object(bytes: &[u8]) -> ApiError {
    match serde_json::from_slice(bytes) {
        Ok(IgnoredAny) => ApiError::invalid(FieldError::body([], "expected an object, such as `{}`")),
        Err(error) => ApiError::Malformed(format!("the body is not JSON: {error}")),
    }
}

fn refusal(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let inner = error.inner();
    if !inner.is_data() {
        return ApiError::Malformed(format!("the body is not JSON: {inner}"));
    }
    // The line and column are of no use to one whose program made the body; the pointer is.
    let place = format!(" at line {} column {}", inner.line(), inner.column());
    let told = inner.to_string();
    let detail = told.strip_suffix(&place).unwrap_or(&told);
    let mut path: Vec<String> = error.path().iter().filter_map(name).collect();
    path.extend(missing(detail));
    ApiError::invalid(FieldError::body(path.iter().map(String::as_str), without_value(detail)))
}

/// Without the value that serde repeats, such as a password in another field's place: answers end up in programs' logs.
fn without_value(detail: &str) -> String {
    let begins = ["invalid type: ", "invalid value: "].into_iter().find(|begin| detail.starts_with(begin));
    let Some((begin, (found, expected))) = begins.zip(detail.rsplit_once(", expected ")) else {
        return detail.to_owned();
    };
    let kind = found[begin.len()..].split(['`', '"']).next().unwrap_or_default().trim_end();
    format!("{begin}{kind}, expected {expected}")
}

fn name(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { variant } => Some(variant.clone()),
        Segment::Unknown => None,
    }
}

/// The field that serde misses: its path ends one short of it.
fn missing(detail: &str) -> Option<String> {
    let name = detail.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_told_by_its_kind() {
        for (said, told) in [
            (
                "invalid type: string \"a\", expected `b\", expected a boolean",
                "invalid type: string, expected a boolean",
            ),
            ("invalid type: integer `12`, expected a string", "invalid type: integer, expected a string"),
            ("invalid value: floating point `1.5`, expected u32", "invalid value: floating point, expected u32"),
            ("invalid type: null, expected a string", "invalid type: null, expected a string"),
            ("missing field `email`", "missing field `email`"),
        ] {
            assert_eq!(without_value(said), told);
        }
    }
}
