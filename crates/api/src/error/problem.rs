//! What is sent: problem details, RFC 9457.

use serde::Serialize;
use utoipa::ToSchema;

use super::Code;

/// Why a request was refused or failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/api/problems#subdomain_taken")]
    pub kind: String,
    #[schema(example = "The subdomain is taken")]
    pub title: &'static str,
    #[schema(example = 409)]
    pub status: u16,
    /// This case, in words.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    pub code: Code,
    /// Name it when you ask for help: the platform's log has it too.
    pub request_id: String,
    /// What is wrong with which part of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldError>,
}

/// One part of a request that is not right. It has a pointer or a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer into the body, as a fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "#/limits/memory")]
    pub pointer: Option<String>,
    /// The name of a query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// What is wrong, and what would be right.
    pub detail: String,
}

impl FieldError {
    /// About the part of the body that `path` leads to, from the outside in.
    pub(crate) fn body<'a>(path: impl IntoIterator<Item = &'a str>, detail: impl ToString) -> Self {
        let escaped = path.into_iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")));
        let pointer = Some(format!("#{}", escaped.collect::<String>()));
        Self { pointer, parameter: None, detail: detail.to_string() }
    }

    /// About a query parameter.
    pub(crate) fn parameter(name: &str, detail: impl ToString) -> Self {
        Self { pointer: None, parameter: Some(name.to_owned()), detail: detail.to_string() }
    }
}
