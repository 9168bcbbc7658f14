//! The claim link, on the instance's own host: `/.fresco/claim#TOKEN`.
//!
//! The token stands in the fragment, which browsers send nowhere: it is in no log and in no `Referer`. A page of ours
//! exchanges it by POST when its reader presses the button, so that a program that follows links uses none up.

use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use domain::tenant::FirstRunState;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use storage::{GateKeyKind, NewGateKey, Tenant};

use super::check::has_session;
use super::cookie::{self, Cookies};
use super::host;
use super::page::{self, Wants};
use crate::error::ApiError;
use crate::extract::Body;
use crate::first_run;
use crate::state::ApiState;
use crate::token::{Key, generate};

/// Where a link leads, on the instance's host.
pub(crate) const PATH: &str = "/.fresco/claim";

const SCRIPT: &str = include_str!("assets/claim.js");

/// The page that takes the token out of the address.
pub(super) async fn page(
    State(state): State<ApiState>,
    wants: Wants,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let Some(tenant) = tenant(&state, &headers).await? else { return Ok(page::UNKNOWN.answer(wants)) };
    let now = state.clock.now();
    let is = first_run::setup(&state, &tenant).map(|setup| tenant.first_run.state(setup.window, now));
    Ok(match is {
        None if tenant.pinned_image.is_none() => page::STARTING.answer(wants),
        None | Some(FirstRunState::SetUp) => page::SET_UP.answer(wants),
        Some(FirstRunState::Expired) => page::EXPIRED.answer(wants),
        Some(FirstRunState::Unclaimed | FirstRunState::Claiming) => page::claim(&tenant.subdomain),
    })
}

pub(super) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

/// What the page sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    token: SecretString,
}

/// Where to go on.
#[derive(Serialize)]
struct Begin {
    start: String,
}

/// Exchanges a link's token for the owner's cookie.
pub(super) async fn exchange(
    State(state): State<ApiState>,
    headers: HeaderMap,
    Body(shown): Body<Shown>,
) -> Result<Response, ApiError> {
    let tenant = tenant(&state, &headers).await?.ok_or(ApiError::ClaimRefused)?;
    if headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()) != Some(&*state.platform.url(&tenant.subdomain)) {
        return Err(ApiError::ClaimRefused);
    }
    let setup = first_run::setup(&state, &tenant).filter(|_| !tenant.first_run.is_set_up());
    let start = setup.ok_or(ApiError::AlreadySetUp)?.start.clone();
    let tls = state.platform.routing.tls;
    if has_session(&state, tenant.id, &Cookies::of(&headers, tls)).await? {
        return Ok(Json(Begin { start }).into_response());
    }
    let now = state.clock.now();
    let lifetime = state.settings.gate.session_lifetime;
    let session = generate(&*state.entropy);
    let expires_at = now + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
    let links = state.store.gate_keys(tenant.id, GateKeyKind::Link, now).await?;
    let link =
        Key::parse(shown.token.expose_secret()).and_then(|key| key.among(&links)).ok_or(ApiError::ClaimRefused)?;
    let new = NewGateKey { hash: session.hash, now, expires_at };
    if !state.store.exchange_claim_link(tenant.id, link, new).await? {
        return Err(ApiError::ClaimRefused);
    }
    tracing::info!(tenant.id = %tenant.id, "its owner came by the claim link");
    let cookie = cookie::set(session.token.expose_secret(), lifetime, tls);
    Ok((StatusCode::OK, [(SET_COOKIE, cookie)], Json(Begin { start })).into_response())
}

/// The tenant on whose host this was asked.
async fn tenant(state: &ApiState, headers: &HeaderMap) -> Result<Option<Tenant>, ApiError> {
    let Some(subdomain) = host::own(headers, &state.platform) else { return Ok(None) };
    Ok(state.store.visited(&subdomain).await?)
}
