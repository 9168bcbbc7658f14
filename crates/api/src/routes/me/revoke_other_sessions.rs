//! End all of one's sessions but this.

use axum::extract::State;
use axum::http::StatusCode;
use storage::sessions::Ended;

use crate::auth::Me;
use crate::error::ApiError;
use crate::state::ApiState;

/// End all other sessions
///
/// The one that asks goes on.
#[utoipa::path(delete, path = "/me/sessions", tag = "me", operation_id = "revoke_other_sessions",
    security(("access_token" = [])),
    responses((status = 204, description = "They have ended")))]
pub(crate) async fn revoke_other_sessions(me: Me, State(state): State<ApiState>) -> Result<StatusCode, ApiError> {
    state.store.revoke_sessions(me.user, Some(me.session), Ended::Revoked, state.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
