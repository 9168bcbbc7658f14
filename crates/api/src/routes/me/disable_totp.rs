//! Do without the second factor.

use axum::extract::State;
use axum::http::StatusCode;
use mail::Message;

use super::{BothAgain, confirmed_by_both};
use crate::auth::{Asker, Me};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;

/// Do without the second factor
///
/// Takes the password and a code, of your app or a recovery code. Its recovery codes go with it.
#[utoipa::path(post, path = "/me/totp/disable", tag = "me", operation_id = "disable_totp",
    security(("access_token" = [])), request_body = BothAgain,
    responses(
        (status = 204, description = "It is not asked for any more"),
        (status = 401, description = "`second_factor_required`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password` or `wrong_code`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`no_second_factor`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn disable_totp(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(again): Body<BothAgain>,
) -> Result<StatusCode, ApiError> {
    let (_, email) = confirmed_by_both(&state, &asker, me, again).await?;
    let message = Message::TwoFactorChanged { enabled: false, at: state.clock.now(), origin: asker.origin() };
    let letter = mails::sealed(&state, email.as_str(), &message);
    let removed = state.store.remove_second_factor(me.user, letter).await?;
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::NoSecondFactor) }
}
