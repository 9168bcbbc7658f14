//! Have the second factor asked for.

use axum::Json;
use axum::extract::State;
use mail::Message;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{RecoveryCodes, account};
use crate::auth::{Asker, Me, totp};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;

/// A first code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmTotp {
    /// As your app shows it.
    #[schema(value_type = String, example = "287082")]
    code: SecretString,
}

/// Confirm the second factor
///
/// From now on a code is asked for at every log-in. The answer holds recovery codes, for when your app is lost.
#[utoipa::path(post, path = "/me/totp/confirm", tag = "me", operation_id = "confirm_totp",
    security(("access_token" = [])), request_body = ConfirmTotp,
    responses(
        (status = 200, description = "It is asked for from now on", body = RecoveryCodes),
        (status = 403, description = "`wrong_code`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`second_factor_in_use` or `no_second_factor`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn confirm_totp(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<ConfirmTotp>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let (_, email) = account(&state, me).await?;
    asker.counts_as_login(&state, &email).await?;
    let factor = state.store.second_factor(me.user, &state.keyring).await?.ok_or(ApiError::NoSecondFactor)?;
    if factor.confirmed {
        return Err(ApiError::SecondFactorInUse);
    }
    let now = state.clock.now();
    let step = totp::check(&factor.secret, request.code.expose_secret(), now).ok_or(ApiError::WrongCode)?;
    let codes = totp::generate_codes(&*state.entropy);
    let hashes: Vec<_> = codes.iter().map(|code| code.hash).collect();
    let message = Message::TwoFactorChanged { enabled: true, at: now, origin: asker.origin() };
    let letter = mails::sealed(&state, email.as_str(), &message);
    let confirmed = state.store.confirm_second_factor(me.user, step, &hashes, (letter, now)).await?;
    if confirmed { Ok(Json(RecoveryCodes::of(&codes))) } else { Err(ApiError::WrongCode) }
}
