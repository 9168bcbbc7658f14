//! Choose another password.

use axum::extract::State;
use axum::http::StatusCode;
use mail::Message;
use serde::Deserialize;
use utoipa::ToSchema;

use super::confirmed;
use crate::auth::{Asker, Me, Password};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;

/// The one that is, and the one to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    #[schema(value_type = String)]
    current: Password,
    /// 12 characters or more, or hard to guess; nothing common; 256 bytes at most.
    #[schema(value_type = String)]
    password: Password,
}

/// Change your password
///
/// All your sessions end, but the one that asks.
#[utoipa::path(post, path = "/auth/password/change", tag = "auth", operation_id = "change_password",
    security(("access_token" = [])), request_body = ChangePassword,
    responses(
        (status = 204, description = "Log in with it from now on"),
        (status = 403, description = "`wrong_password`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`: the new one is weak", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn change_password(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<ChangePassword>,
) -> Result<StatusCode, ApiError> {
    let (user, email) = confirmed(&state, &asker, me, request.current).await?;
    let hash = state.auth.passwords.choose(request.password, vec![email.to_string(), user.name]).await?;
    let now = state.clock.now();
    let message = Message::PasswordChanged { at: now, origin: asker.origin() };
    let letter = mails::sealed(&state, email.as_str(), &message);
    state.store.change_password(me.user, me.session, &hash.as_str().into(), (letter, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
