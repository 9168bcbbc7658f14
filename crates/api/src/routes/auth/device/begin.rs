//! Ask for a pair of codes.

use axum::Json;
use axum::extract::State;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use storage::sessions::device::NewDevice;
use storage::sessions::refresh::TokenHash;
use utoipa::ToSchema;

use super::code;
use crate::auth::{Asker, NotCrossSite};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::routes::words::person_name;
use crate::state::ApiState;
use crate::token::generate;

/// How long to wait between two questions whether there is an answer.
const INTERVAL: u32 = 5;
/// Where nobody says.
const USUAL_NAME: &str = "a program";

/// Which program.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginDevice {
    /// What the key is to be called: 1 to 200 characters.
    #[schema(example = "frescod on laptop")]
    name: Option<String>,
}

/// Two codes, one for each.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceCodes {
    /// The program's own: it shows it to nobody.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    device_code: String,
    /// For its owner.
    #[schema(example = "WDJB-MJHT")]
    user_code: String,
    /// Where they type it.
    #[schema(example = "https://platform.example.net/device")]
    verification_uri: String,
    /// The same, with the code in it, in the fragment.
    #[schema(example = "https://platform.example.net/device#code=WDJB-MJHT")]
    verification_uri_complete: String,
    /// In seconds.
    expires_in: u64,
    /// How many seconds to wait between two questions.
    interval: u32,
}

/// Ask for a key
///
/// For a program without a browser. Show its owner the `user_code` and where it is typed; then ask with the `device_code` for
/// the key (`POST /api/v1/auth/device/token`), until they have answered.
#[utoipa::path(post, path = "/auth/device", tag = "auth", operation_id = "begin_device", security(()),
    request_body = BeginDevice,
    responses(
        (status = 200, description = "Two codes", body = DeviceCodes),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn begin(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<BeginDevice>,
) -> Result<Json<DeviceCodes>, ApiError> {
    let name = person_name(request.name.as_deref().unwrap_or(USUAL_NAME));
    let name = name.map_err(|error| ApiError::invalid(FieldError::body(["name"], error)))?;
    asker.counts_as_device(&state).await?;
    let (device, user) = (generate(&*state.entropy), code::generate(&*state.entropy));
    let (now, lifetime) = (state.clock.now(), state.auth.settings.device_code_lifetime);
    let new = NewDevice {
        hash: TokenHash(device.hash),
        user_hash: user.hash,
        name,
        seen: asker.seen(),
        now,
        expires_at: now + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX),
    };
    state.store.begin_device(&new).await?;
    let page = format!("{}/device", state.auth.settings.public_url);
    Ok(Json(DeviceCodes {
        device_code: device.token.expose_secret().to_owned(),
        verification_uri_complete: format!("{page}#code={}", user.text),
        verification_uri: page,
        user_code: user.text,
        expires_in: lifetime.as_secs(),
        interval: INTERVAL,
    }))
}
