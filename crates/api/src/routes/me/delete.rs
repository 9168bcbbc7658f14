//! End one's account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use mail::Message;

use super::{BothAgain, confirmed_by_both};
use crate::auth::{Asker, Me};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;

/// Delete your account
///
/// At once and for good: name, address, password, sessions, memberships, keys, and your personal organisation. Not while
/// instances of yours are not destroyed, nor while an organisation would be left without an owner.
#[utoipa::path(delete, path = "/me", tag = "me", operation_id = "delete_me", security(("access_token" = [])),
    request_body = BothAgain,
    responses(
        (status = 204, description = "It is gone"),
        (status = 401, description = "`second_factor_required`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password` or `wrong_code`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`last_owner` or `organisation_not_empty`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(again): Body<BothAgain>,
) -> Result<impl IntoResponse, ApiError> {
    let (_, email) = confirmed_by_both(&state, &asker, me, again).await?;
    let now = state.clock.now();
    let letter = mails::sealed(&state, email.as_str(), &Message::AccountDeleted { at: now, by_operator: false });
    state.store.delete_user(me.user, (Some(letter), now)).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, state.auth.cookie.clear())]))
}
