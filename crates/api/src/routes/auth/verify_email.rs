//! Show that an address is one's own.
//!
//! Anybody makes an account with an address of somebody else's, and then waits for them to verify it: password, sessions and
//! keys would stay good, and whatever its owner does with it would be open to both. So the link alone verifies nothing: who
//! follows it shows that the account is theirs, too.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use storage::accounts::TokenOwner;
use storage::sessions::refresh::TokenHash;
use storage::sessions::user_tokens::Purpose;
use utoipa::ToSchema;

use super::{link_token, password_again};
use crate::auth::{Asker, NotCrossSite, Password};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// What the mailed link holds, and what shows that the account is yours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyEmail {
    /// From the link's fragment.
    #[schema(value_type = String)]
    token: SecretString,
    /// The account's; not needed from a browser that is logged in to it.
    #[schema(value_type = Option<String>)]
    password: Option<Password>,
}

/// Verify an address
///
/// For who has made the account: by its password, or by the cookie of a session of it. Who has not, and gets its letters, asks for
/// a new password instead: that verifies the address as well, and ends whatever somebody else has set. Good once. Logs nobody in.
#[utoipa::path(post, path = "/auth/verify-email", tag = "auth", operation_id = "verify_email", security(()),
    request_body = VerifyEmail,
    responses(
        (status = 204, description = "It is yours"),
        (status = 403, description = "`link_refused` or `cross_site`; `password_required` or `wrong_password`: the link is \
            still good", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn verify_email(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    headers: HeaderMap,
    Body(request): Body<VerifyEmail>,
) -> Result<StatusCode, ApiError> {
    asker.counts_as_request(&state)?;
    let (token, now) = (link_token(&request.token)?, state.clock.now());
    let owner = state.store.whose_token(Purpose::VerifyEmail, token, now).await?.ok_or(ApiError::LinkRefused)?;
    if !is_in(&state, &headers, &owner).await? {
        let password = request.password.ok_or(ApiError::PasswordRequired)?;
        password_again(&state, &asker, (owner.id, &owner.email), password).await?;
    }
    let verified = state.store.verify_email(owner.id, token, now).await?;
    if verified { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::LinkRefused) }
}

/// Whether this browser is logged in to the account. It may be about to renew its cookie: the one of before says the same.
async fn is_in(state: &ApiState, headers: &HeaderMap, owner: &TokenOwner) -> Result<bool, ApiError> {
    let Some(shown) = state.auth.cookie.of(headers) else { return Ok(false) };
    let whose = state.store.session_owner(TokenHash(shown.hash()), state.clock.now()).await?;
    Ok(whose == Some(owner.id))
}
