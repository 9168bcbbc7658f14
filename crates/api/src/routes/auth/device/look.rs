//! Look at what asks for a key.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code;
use crate::auth::{Asker, Me};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// The code that a program shows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookAtDevice {
    #[schema(example = "WDJB-MJHT")]
    user_code: String,
}

/// What asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct Device {
    /// As it calls itself; anybody may call themselves anything.
    #[schema(example = "frescod on laptop")]
    name: String,
    /// From where.
    #[schema(example = "192.0.2.7")]
    address: String,
    user_agent: String,
    asked_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

/// Look at what asks for a key
///
/// Before you let it have one. In a POST, because a code has no place in a URL.
#[utoipa::path(post, path = "/auth/device/look", tag = "auth", operation_id = "look_at_device",
    security(("access_token" = [])), request_body = LookAtDevice,
    responses(
        (status = 200, description = "What asks, and from where", body = Device),
        (status = 403, description = "`device_refused`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn look(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<LookAtDevice>,
) -> Result<Json<Device>, ApiError> {
    asker.counts_as_code(&state, me).await?;
    let found = state.store.find_device(code::read(&request.user_code)?, state.clock.now()).await?;
    let found = found.ok_or(ApiError::DeviceRefused)?;
    Ok(Json(Device {
        name: found.name,
        address: found.seen.address,
        user_agent: found.seen.user_agent,
        asked_at: found.created_at,
        expires_at: found.expires_at,
    }))
}
