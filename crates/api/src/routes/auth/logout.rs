//! Log out.

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use storage::sessions::refresh::TokenHash;

use crate::auth::{Asker, SameOrigin};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Log out
///
/// Ends the cookie's session, its access tokens with it, and takes the cookie away. The same answer without a session.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", operation_id = "logout", security(("refresh_cookie" = [])),
    responses(
        (status = 204, description = "You are out"),
        (status = 403, description = "`cross_site`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn logout(
    _: SameOrigin,
    asker: Asker,
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    asker.counts_as_request(&state)?;
    if let Some(shown) = state.auth.cookie.of(&headers) {
        state.store.end_session_of(TokenHash(shown.hash()), state.clock.now()).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, state.auth.cookie.clear())]).into_response())
}
