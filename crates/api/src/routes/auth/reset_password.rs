//! Choose a new password by a mailed link.

use axum::extract::State;
use axum::http::StatusCode;
use mail::Message;
use secrecy::SecretString;
use serde::Deserialize;
use storage::sessions::user_tokens::Purpose;
use utoipa::ToSchema;

use super::link_token;
use crate::auth::{Asker, NotCrossSite, Password};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;

/// What the mailed link holds, and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPassword {
    /// From the link's fragment.
    #[schema(value_type = String)]
    token: SecretString,
    /// 12 characters or more, or hard to guess; nothing common; 256 bytes at most.
    #[schema(value_type = String)]
    password: Password,
}

/// Choose a new password
///
/// By the link that was sent to the address, which is verified with it. Good once; all sessions end. A second factor stays,
/// and is asked for at the next log-in.
#[utoipa::path(post, path = "/auth/password/reset", tag = "auth", operation_id = "reset_password", security(()),
    request_body = ResetPassword,
    responses(
        (status = 204, description = "Log in with it"),
        (status = 403, description = "`link_refused` or `cross_site`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`: the password is weak; the link is still good", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn reset_password(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<ResetPassword>,
) -> Result<StatusCode, ApiError> {
    asker.counts_as_request(&state)?;
    let (token, now) = (link_token(&request.token)?, state.clock.now());
    let owner = state.store.whose_token(Purpose::ResetPassword, token, now).await?.ok_or(ApiError::LinkRefused)?;
    let hash = state.auth.passwords.choose(request.password, vec![owner.email.to_string(), owner.name]).await?;
    let message = Message::PasswordChanged { at: now, origin: asker.origin() };
    let letter = mails::sealed(&state, owner.email.as_str(), &message);
    let reset = state.store.reset_password(owner.id, token, &hash.as_str().into(), (letter, now)).await?;
    if reset { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::LinkRefused) }
}
