//! Fetch the key.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Permissions, Role};
use domain::{OrganisationId, UserId};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use storage::sessions::device::DeviceState;
use storage::sessions::refresh::TokenHash;
use storage::{NewApiKey, Scope};
use utoipa::ToSchema;

use crate::auth::{Asker, NotCrossSite, api_key};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;
use crate::token::Key;

/// What the program keeps to itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RedeemDevice {
    #[schema(value_type = String)]
    device_code: SecretString,
}

/// A key of whoever has said yes.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceKey {
    #[schema(example = "key_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    /// For `Authorization: Bearer …`. Nobody can be shown it a second time.
    #[schema(example = "frk_0190a1b2c3d4e5f60718293a4b5c6d7e_5f1b…")]
    token: String,
    #[schema(example = "usr_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    user: String,
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    organisation: String,
    scopes: Vec<String>,
    expires_at: DateTime<Utc>,
}

/// Fetch the key that was asked for
///
/// Once, after its owner has said yes. Until they have, the answer is `authorization_pending`: ask again after `interval`
/// seconds.
#[utoipa::path(post, path = "/auth/device/token", tag = "auth", operation_id = "redeem_device", security(()),
    request_body = RedeemDevice,
    responses(
        (status = 200, description = "The key", body = DeviceKey),
        (status = 400, description = "`authorization_pending`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`device_refused`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`rate_limited`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn redeem(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<RedeemDevice>,
) -> Result<Json<DeviceKey>, ApiError> {
    asker.counts_as_request(&state)?;
    let code = Key::parse(request.device_code.expose_secret()).ok_or(ApiError::DeviceRefused)?;
    let code = TokenHash(code.hash());
    match state.store.poll_device(code, state.clock.now()).await? {
        DeviceState::Waits => Err(ApiError::AuthorizationPending),
        DeviceState::Gone => Err(ApiError::DeviceRefused),
        DeviceState::Approved { user, organisation, name } => {
            issue(&state, code, (user, organisation), name).await.map(Json)
        }
    }
}

async fn issue(
    state: &ApiState,
    code: TokenHash,
    (user, organisation): (UserId, OrganisationId),
    name: String,
) -> Result<DeviceKey, ApiError> {
    // As they are there now, if they still are.
    let role = state.store.find_organisation(Scope::User(user), organisation).await?.and_then(|found| found.role);
    let role = role.ok_or(ApiError::DeviceRefused)?;
    let (now, lifetime) = (state.clock.now(), state.auth.settings.device_key_lifetime);
    let made = api_key::generate(now, &*state.entropy);
    let expires_at = now + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
    let new = NewApiKey {
        id: made.id,
        organisation,
        user: Some(user),
        maker: user,
        name,
        hash: made.hash,
        scopes: Permissions::of(role.min(Role::Manager)),
        now,
        expires_at: Some(expires_at),
    };
    let scope = Scope::Member { organisation, user: Some(user), role };
    if !state.store.redeem_device(scope, code, &new).await? {
        return Err(ApiError::DeviceRefused);
    }
    Ok(DeviceKey {
        id: new.id.to_string(),
        token: made.token.expose_secret().to_owned(),
        user: user.to_string(),
        organisation: organisation.to_string(),
        scopes: new.scopes.iter().map(String::from).collect(),
        expires_at,
    })
}
