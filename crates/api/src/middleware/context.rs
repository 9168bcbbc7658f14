//! A request's id, its span, its line in the log, and the headers every answer has.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use domain::entropy::random;
use storage::audit::acting;
use storage::{Actor, ActorKind};
use tokio::time::Instant;
use tracing::Instrument;

use super::ClientAddress;
use crate::state::ApiState;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in its answer and in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// The caller's own, if it is harmless in a log and a header: 1 to 64 letters, digits, `-`, `_` or `.`.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(X_REQUEST_ID)?.to_str().ok()?;
        let sane = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        ((1..=64).contains(&text.len()) && text.bytes().all(sane)).then(|| Self(text.to_owned()))
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What no answer of an API is to do in a browser, and no cache is to keep.
const ON_EVERY_ANSWER: [(HeaderName, &str); 8] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

pub(super) async fn context(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers()).unwrap_or_else(|| {
        let bytes: [u8; 16] = random(&*state.entropy);
        RequestId(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    });
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("", MatchedPath::as_str);
    let method = known(request.method());
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        method = %request.method(),
        route,
        tenant.id = tracing::field::Empty,
        caller = tracing::field::Empty,
        permission = tracing::field::Empty,
    );
    request.extensions_mut().insert(id.clone());
    let began = Instant::now();
    let ClientAddress(address) =
        ClientAddress::of(request.extensions(), request.headers(), &state.settings.trusted_proxies);
    let (address, request_id) = (Some(address), Some(id.to_string()));
    let actor = Actor { address, request_id, ..Actor::new(ActorKind::Anonymous, None) };
    let mut response = acting(actor, next.run(request)).instrument(span.clone()).await;
    count(method, route, response.status(), began);
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), took_ms, "answered"));
    let headers = response.headers_mut();
    for (name, value) in ON_EVERY_ANSWER {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        headers.insert(X_REQUEST_ID, value);
    }
    response
}

/// A word of ours for a method: clients may make theirs up.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// For the platform's own metrics. The route is the pattern that was matched, never what was asked for.
fn count(method: &'static str, route: &str, status: StatusCode, began: Instant) {
    let class = ["1xx", "2xx", "3xx", "4xx", "5xx"].get(usize::from(status.as_u16() / 100).saturating_sub(1));
    let (class, route) = (class.copied().unwrap_or("other"), if route.is_empty() { "none" } else { route }.to_owned());
    metrics::counter!("fresco_http_requests_total", "method" => method, "route" => route.clone(), "status" => class)
        .increment(1);
    metrics::histogram!("fresco_http_request_seconds", "method" => method, "route" => route).record(began.elapsed());
}
