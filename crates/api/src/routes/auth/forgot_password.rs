//! Ask for the way back in.

use axum::extract::State;
use axum::http::StatusCode;
use domain::Email;
use mail::Message;
use serde::Deserialize;
use storage::sessions::user_tokens::Purpose;
use utoipa::ToSchema;

use super::email;
use crate::auth::{Asker, NotCrossSite, at_pulse};
use crate::error::ApiError;
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotPassword {
    #[schema(example = "ada@example.org")]
    email: String,
}

/// Ask for a new password
///
/// The answer is the same whether the address has an account or not; a letter to it tells.
#[utoipa::path(post, path = "/auth/password/forgot", tag = "auth", operation_id = "forgot_password", security(()),
    request_body = ForgotPassword,
    responses(
        (status = 202, description = "A letter is on its way"),
    ))]
pub(crate) async fn forgot_password(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<ForgotPassword>,
) -> Result<StatusCode, ApiError> {
    let email = email(&request.email)?;
    asker.counts_as_letter(&state, email.as_str()).await?;
    at_pulse(state.auth.settings.pulse, send(&state, &email)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// The link, or word that there is no account.
async fn send(state: &ApiState, email: &Email) -> Result<(), ApiError> {
    let found = state.store.find_login(email).await?.filter(|user| user.disabled_at.is_none());
    let Some(user) = found else {
        let letter = mails::sealed(state, email.as_str(), &Message::NoAccount);
        return Ok(state.store.queue_mails(&[letter]).await?);
    };
    // To the address as its owner wrote it, not as whoever asks did.
    let lifetime = state.auth.settings.reset_lifetime;
    let (token, letter) = mails::desk(state).link(Purpose::ResetPassword, &user.email, lifetime);
    Ok(state.store.send_link(user.id, &token, letter).await?)
}
