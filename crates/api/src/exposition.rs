//! The platform's own metrics, on a listener of their own: for a collector inside, not for people.

use std::future::Future;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

/// The text format of Prometheus: <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// Answers `GET /metrics` with what `render` writes, and nothing else.
pub fn metrics_router<F, W>(render: F) -> Router
where
    F: Fn() -> W + Clone + Send + Sync + 'static,
    W: Future<Output = String> + Send,
{
    let metrics = move || {
        let text = render();
        async move { ([(CONTENT_TYPE, TEXT)], text.await).into_response() }
    };
    Router::new().route("/metrics", get(metrics))
}
