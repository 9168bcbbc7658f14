//! Have the letter sent again that verifies an address.

use axum::extract::State;
use axum::http::StatusCode;
use storage::Scope;

use super::register::link;
use crate::auth::{Asker, Me, Unauthenticated};
use crate::error::ApiError;
use crate::state::ApiState;

/// Send the verification letter again
///
/// The link in the one before ends. Nothing is sent to an address that is verified.
#[utoipa::path(post, path = "/auth/verify-email/resend", tag = "auth", operation_id = "resend_verification",
    security(("access_token" = [])),
    responses(
        (status = 202, description = "It is on its way, unless your address is verified"),
    ))]
pub(crate) async fn resend_verification(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
) -> Result<StatusCode, ApiError> {
    let user = state.store.find_user(Scope::User(me.user), me.user).await?.ok_or(Unauthenticated::Refused)?;
    if let Some(email) = user.email.filter(|_| user.email_verified_at.is_none()) {
        asker.counts_as_letter(&state, email.as_str()).await?;
        let (token, letter) = link(&state, &email);
        state.store.send_link(me.user, &token, letter).await?;
    }
    Ok(StatusCode::ACCEPTED)
}
