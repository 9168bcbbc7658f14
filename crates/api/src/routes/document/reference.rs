//! The document as a page for people.

use std::sync::LazyLock;

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};

use crate::reference::{POLICY, page};

/// Made when somebody first looks.
static PAGE: LazyLock<String> = LazyLock::new(page);

/// This document as a page
///
/// Whole in itself: it loads nothing from anywhere.
#[utoipa::path(get, path = "/api/docs", tag = "document", operation_id = "docs", security(()),
    responses((status = 200, description = "HTML", body = String, content_type = "text/html")))]
pub(crate) async fn reference() -> (HeaderMap, &'static str) {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    (HeaderMap::from_iter([(CONTENT_TYPE, kind), (CONTENT_SECURITY_POLICY, POLICY.clone())]), PAGE.as_str())
}
