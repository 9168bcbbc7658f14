//! Go on being logged in.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use storage::sessions::refresh::{Renewal, Renewed, TokenHash};

use super::{SignedIn, access};
use crate::auth::{Asker, SameOrigin};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;
use crate::token::generate;

/// Renew the access token
///
/// By the cookie, whose token is good once: the answer sets the next one. A token that comes a second time ends the session,
/// because one of the two who had it has stolen it; so ask once at a time.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", operation_id = "refresh", security(("refresh_cookie" = [])),
    responses(
        (status = 200, description = "The next access token", body = SignedIn,
            headers(("Set-Cookie" = String, description = "`__Host-fresco_refresh`"))),
        (status = 401, description = "`session_ended`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`cross_site`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn refresh(
    _: SameOrigin,
    asker: Asker,
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    asker.counts_as_request(&state)?;
    match renew(&state, &asker, &headers).await {
        Err(error @ ApiError::SessionEnded) => {
            let cleared = [(SET_COOKIE, state.auth.cookie.clear())];
            Ok((cleared, error).into_response())
        }
        answer => answer,
    }
}

async fn renew(state: &ApiState, asker: &Asker, headers: &HeaderMap) -> Result<Response, ApiError> {
    let (cookie, sessions) = (state.auth.cookie, &state.auth.settings.sessions);
    let shown = cookie.of(headers).ok_or(ApiError::SessionEnded)?;
    let (now, next) = (state.clock.now(), generate(&*state.entropy));
    let until = |lifetime| now + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
    let renewal = Renewal {
        shown: TokenHash(shown.hash()),
        next: TokenHash(next.hash),
        seen: asker.seen(),
        now,
        remembered_until: until(sessions.remembered_lifetime),
        until: until(sessions.lifetime),
    };
    let session = match state.store.renew_session(&renewal).await? {
        Renewed::Session(session) => session,
        Renewed::Reused => {
            tracing::warn!("a refresh token came a second time; its session has ended");
            return Err(ApiError::SessionEnded);
        }
        Renewed::Unknown => return Err(ApiError::SessionEnded),
    };
    let shown = state.store.find_session(session.id, session.organisation, now).await?;
    // Where they are a member no more, they are nowhere.
    let role = shown.ok_or(ApiError::SessionEnded)?.role;
    let organisation = session.organisation.filter(|_| role.is_some());
    let cookie = cookie.set(&next.token, session.remembered.then_some(sessions.remembered_lifetime));
    Ok(access(state, (session.id, session.user), organisation).await?.with_cookie(cookie))
}
