//! What the codes of problems mean; a problem's `type` leads here.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

const PROBLEMS: &str = include_str!("../../../../../docs/api/problems.md");

/// What the codes of problems mean
///
/// The `type` of a problem leads here.
#[utoipa::path(get, path = "/api/problems", tag = "document", operation_id = "problems", security(()),
    responses((status = 200, description = "Markdown", body = String, content_type = "text/markdown")))]
pub(crate) async fn problems() -> Response {
    ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], PROBLEMS).into_response()
}
