//! `If-Match`: a change is wanted only of what its asker has seen.

use axum::extract::FromRequestParts;
use axum::http::header::IF_MATCH;
use axum::http::request::Parts;

use crate::error::ApiError;
use crate::state::ApiState;

/// The generation that the tenant must be at; none: any.
#[derive(Clone, Copy, Debug, utoipa::IntoParams)]
#[into_params(names("If-Match"), parameter_in = Header)]
pub(crate) struct IfMatch(
    /// The generation the tenant must be at, in quotes, as in `"3"`; left out or `*`: any.
    #[param(value_type = String, required = false, example = "\"3\"", min_length = 1, pattern = r#"^(\*|"[0-9]{1,18}")$"#)]
    Option<i64>,
);

impl IfMatch {
    pub(crate) const fn generation(self) -> Option<i64> {
        self.0
    }
}

impl FromRequestParts<ApiState> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        let Some(header) = parts.headers.get(IF_MATCH) else { return Ok(Self(None)) };
        let text = header.to_str().unwrap_or_default().trim();
        if text == "*" {
            return Ok(Self(None));
        }
        generation(text).map(|generation| Self(Some(generation))).ok_or_else(|| {
            ApiError::Malformed(
                "the header `If-Match` must be the tenant's generation in quotes, such as \"3\"".to_owned(),
            )
        })
    }
}

/// Digits and nothing else, in quotes.
fn generation(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('"')?.strip_suffix('"')?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_a_generation_prints_as_the_same(text in r#"\PC{0,2}"?[+\-0-9 ]{0,21}"?\PC{0,2}"#) {
            if let Some(generation) = generation(&text) {
                prop_assert!(generation >= 0);
                prop_assert_eq!(super::generation(&format!("\"{generation}\"")), Some(generation));
            }
        }
    }

    #[test]
    fn only_digits_in_quotes_are_one() {
        assert_eq!(generation("\"3\""), Some(3));
        for wrong in ["", "3", "\"\"", "\"+3\"", "\"-3\"", "W/\"3\"", "\"3", "\"", "\"9223372036854775808\""] {
            assert_eq!(generation(wrong), None, "{wrong}");
        }
    }
}
