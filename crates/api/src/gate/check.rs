//! Whether a request to an instance that nobody has set up comes from its owner.

use axum::extract::State;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::TenantId;
use domain::tenant::Subdomain;
use storage::{GateKeyKind, StorageError};

use super::cookie::Cookies;
use super::host;
use super::page::{self, Page, Wants};
use crate::state::ApiState;
use crate::token::Key;

/// 200 with the application's own cookies lets the request pass; any other answer is the visitor's.
pub(super) async fn check(State(state): State<ApiState>, wants: Wants, headers: HeaderMap) -> Response {
    let cookies = Cookies::of(&headers, state.platform.routing.tls);
    match verdict(&state, host::asked_about(&headers, &state.platform), &cookies).await {
        Verdict::Pass => pass(&cookies.others),
        Verdict::Refuse(page) => page.answer(wants),
    }
}

/// The same for a visitor who asks for it by the instance's own host.
pub(super) async fn shown(State(state): State<ApiState>, wants: Wants, headers: HeaderMap) -> Response {
    let cookies = Cookies::of(&headers, state.platform.routing.tls);
    match verdict(&state, host::own(&headers, &state.platform), &cookies).await {
        Verdict::Pass => page::OPEN.answer(wants),
        Verdict::Refuse(page) => page.answer(wants),
    }
}

enum Verdict {
    Pass,
    Refuse(&'static Page),
}

async fn verdict(state: &ApiState, of: Option<Subdomain>, cookies: &Cookies<'_>) -> Verdict {
    let Some(subdomain) = of else { return Verdict::Refuse(&page::UNKNOWN) };
    admits(state, &subdomain, cookies).await.unwrap_or_else(|error| {
        tracing::error!(%error, "nobody passes the gate while the platform's database fails");
        Verdict::Refuse(&page::SILENT)
    })
}

async fn admits(state: &ApiState, subdomain: &Subdomain, cookies: &Cookies<'_>) -> Result<Verdict, StorageError> {
    let Some(tenant) = state.store.visited(subdomain).await? else {
        return Ok(Verdict::Refuse(&page::UNKNOWN));
    };
    // The gate is open, and Traefik has not heard of it yet.
    if !state.platform.gate || tenant.first_run.is_set_up() {
        return Ok(Verdict::Pass);
    }
    let known = has_session(state, tenant.id, cookies).await?;
    Ok(if known { Verdict::Pass } else { Verdict::Refuse(&page::GATED) })
}

/// Whether one of the cookies is a session of this very tenant.
pub(super) async fn has_session(
    state: &ApiState,
    tenant: TenantId,
    cookies: &Cookies<'_>,
) -> Result<bool, StorageError> {
    let shown: Vec<Key> = cookies.ours.iter().filter_map(|value| Key::parse(value)).collect();
    if shown.is_empty() {
        return Ok(false);
    }
    let sessions = state.store.gate_keys(tenant, GateKeyKind::Session, state.clock.now()).await?;
    Ok(shown.iter().any(|key| key.among(&sessions).is_some()))
}

fn pass(cookies: &str) -> Response {
    let mut response = StatusCode::OK.into_response();
    // What came in a header goes into one again.
    if let Some(value) = HeaderValue::from_str(cookies).ok().filter(|value| !value.is_empty()) {
        response.headers_mut().insert(COOKIE, value);
    }
    response
}
