//! What every request passes through, from the outside in.
//!
//! | layer | does |
//! |---|---|
//! | [`context`] | gives the request its id and its span, logs one line when it ends, sets the headers every answer has |
//! | [`crate::error::render`] | writes problem details for whatever failed inside |
//! | host | refuses what names no host, or several |
//! | idempotency | answers a request that was answered before; inside of it, failures are written a second time, to be kept |
//! | quotas | says in the answer what is left of them ([`rate_limit`]); those who know the caller count |
//! | panics | a panic is a problem too, and kills nobody |
//! | body limit | for every body that is read |
//! | time-out | for what answers at once; what waits on purpose bounds itself |
//!
//! No header of a request is logged, so no key is.

mod client_address;
mod context;
mod host;
mod idempotency;
mod panic;
mod rate_limit;
mod timeout;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::http::header::STRICT_TRANSPORT_SECURITY;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use tower::ServiceBuilder;
use tower::util::option_layer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) use client_address::ClientAddress;
pub(crate) use context::RequestId;
pub(crate) use host::Unaddressed;
pub(crate) use rate_limit::{Class, Subject, whole_seconds};
pub use rate_limit::{LimitSettings, RateLimits};
pub(crate) use timeout::timeout;

use crate::error::{self, ApiError};
use crate::state::ApiState;

/// Puts the layers around all routes, and answers for those there are not: with the web app, which is open to all, where it has
/// a file or a page there.
pub(crate) fn around(router: Router, state: &ApiState) -> Router {
    let router = router.fallback(elsewhere).method_not_allowed_fallback(|| async { ApiError::MethodNotAllowed });
    let once = ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), idempotency::idempotency))
        .layer(from_fn(error::render))
        .layer(CatchPanicLayer::custom(panic::answer));
    // The gate answers on tenants' hosts, where their routes say it.
    let secure = state.auth.origin().starts_with("https://").then(|| {
        SetResponseHeaderLayer::if_not_present(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"))
    });
    watched(router.layer(once).layer(option_layer(secure)), state)
}

async fn elsewhere(method: Method, uri: Uri, headers: HeaderMap) -> Result<Response, ApiError> {
    let found = dashboard::answer(&method, uri.path(), &headers);
    found.map(|answer| answer.map(Body::from)).ok_or(ApiError::RouteNotFound)
}

/// Puts the layers around all routes.
pub(crate) fn watched(router: Router, state: &ApiState) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), context::context))
        .layer(from_fn(error::render))
        .layer(from_fn(host::addressed))
        .layer(from_fn(rate_limit::headers))
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(DefaultBodyLimit::max(state.settings.body_limit));
    router.layer(layers)
}
