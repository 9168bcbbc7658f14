//! Let a program have a key, or not.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::{Denied, Permission};
use serde::Deserialize;
use utoipa::ToSchema;

use super::code;
use crate::auth::{Asker, Caller, Me};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// Which, and whether.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerDevice {
    #[schema(example = "WDJB-MJHT")]
    user_code: String,
    /// `false`: it gets none, and its code ends.
    allow: bool,
}

/// Let a program have a key of yours
///
/// In the organisation where you act, with what you may do there, but for what administers it. It has an end, stands in your
/// list of keys, and is revoked there.
#[utoipa::path(post, path = "/auth/device/answer", tag = "auth", operation_id = "answer_device",
    security(("access_token" = [])), request_body = AnswerDevice,
    responses(
        (status = 204, description = "It fetches its key, or is told that there is none"),
        (status = 403, description = "`device_refused`, or `forbidden`: you act in no organisation", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn answer(
    me: Me,
    caller: Caller,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<AnswerDevice>,
) -> Result<StatusCode, ApiError> {
    asker.counts_as_code(&state, me).await?;
    let code = code::read(&request.user_code)?;
    let organisation = match request.allow {
        true => {
            caller.may(Permission::ApiKeysOwn)?;
            Some(caller.organisation.ok_or(Denied::NoOrganisation)?)
        }
        false => None,
    };
    let answered = state.store.answer_device(code, (me.user, organisation), state.clock.now()).await?;
    if answered { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::DeviceRefused) }
}
