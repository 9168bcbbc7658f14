//! End one of one's sessions.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::SessionId;
use storage::sessions::Ended;

use crate::auth::Me;
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// End a session
///
/// Its access tokens end at once.
#[utoipa::path(delete, path = "/me/sessions/{session}", tag = "me", operation_id = "revoke_session",
    security(("access_token" = [])),
    params(("session" = String, Path, description = "`ses_` and 32 hex digits")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "`session_not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn revoke_session(
    me: Me,
    State(state): State<ApiState>,
    Path(session): Path<String>,
) -> Result<StatusCode, ApiError> {
    let session = SessionId::parse(&session).map_err(|error| ApiError::SessionNotFound(error.to_string()))?;
    let ended = state.store.revoke_session(me.user, session, Ended::Revoked, state.clock.now()).await?;
    let missing = || ApiError::SessionNotFound(format!("{session} has ended, or is not yours"));
    if ended { Ok(StatusCode::NO_CONTENT) } else { Err(missing()) }
}
