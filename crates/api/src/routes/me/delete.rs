//! End one's account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::IntoResponse;
use mail::Message;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::confirmed;
use crate::auth::{Asker, Me, Password};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::routes::auth::second_factor;
use crate::state::ApiState;

/// What proves that it is you.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteMe {
    #[schema(value_type = String)]
    password: Password,
    /// Of the second factor, where there is one: six digits, or a recovery code.
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
}

/// Delete your account
///
/// At once and for good: name, address, password, sessions, memberships, keys, and your personal organisation. Not while
/// instances of yours are not destroyed, nor while an organisation would be left without an owner.
#[utoipa::path(delete, path = "/me", tag = "me", operation_id = "delete_me", security(("access_token" = [])),
    request_body = DeleteMe,
    responses(
        (status = 204, description = "It is gone"),
        (status = 403, description = "`wrong_password`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`last_owner` or `organisation_not_empty`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn delete(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<DeleteMe>,
) -> Result<impl IntoResponse, ApiError> {
    let (_, email) = confirmed(&state, &asker, me, request.password).await?;
    second_factor(&state, me.user, request.code.as_ref()).await?;
    let now = state.clock.now();
    let letter = mails::sealed(&state, email.as_str(), &Message::AccountDeleted { at: now, by_operator: false });
    state.store.delete_user(me.user, (Some(letter), now)).await?;
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, state.auth.cookie.clear())]))
}
