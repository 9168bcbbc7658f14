//! Show that an address is one's own.

use axum::extract::State;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::Deserialize;
use storage::sessions::user_tokens::Purpose;
use utoipa::ToSchema;

use super::link_token;
use crate::auth::{Asker, NotCrossSite};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// What the mailed link holds.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyEmail {
    /// From the link's fragment.
    #[schema(value_type = String)]
    token: SecretString,
}

/// Verify an address
///
/// Good once. Logs nobody in.
#[utoipa::path(post, path = "/auth/verify-email", tag = "auth", operation_id = "verify_email", security(()),
    request_body = VerifyEmail,
    responses(
        (status = 204, description = "It is yours"),
        (status = 403, description = "`link_refused` or `cross_site`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn verify_email(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<VerifyEmail>,
) -> Result<StatusCode, ApiError> {
    asker.counts_as_request(&state)?;
    let (token, now) = (link_token(&request.token)?, state.clock.now());
    let owner = state.store.whose_token(Purpose::VerifyEmail, token, now).await?.ok_or(ApiError::LinkRefused)?;
    let verified = state.store.verify_email(owner.id, token, now).await?;
    if verified { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::LinkRefused) }
}
