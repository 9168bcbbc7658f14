//! Begin to use a second factor.

use axum::Json;
use axum::extract::State;
use secrecy::ExposeSecret;
use serde::Serialize;
use storage::sessions::totp::NewSecondFactor;
use utoipa::ToSchema;

use super::{Again, confirmed};
use crate::auth::{Asker, Me, totp};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// What an app for such codes is told.
#[derive(Serialize, ToSchema)]
pub(crate) struct TotpSecret {
    /// In base32, to be typed.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    secret: String,
    /// The same for a QR code.
    #[schema(
        example = "otpauth://totp/fresco-platform:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=fresco-platform"
    )]
    url: String,
}

/// Begin to use a second factor
///
/// It is asked for once it is confirmed with a first code. Who begins anew before that gets another secret.
#[utoipa::path(post, path = "/me/totp", tag = "me", operation_id = "begin_totp", security(("access_token" = [])),
    request_body = Again,
    responses(
        (status = 200, description = "For your app; shown once", body = TotpSecret),
        (status = 403, description = "`wrong_password`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`second_factor_in_use`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn begin_totp(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(Again { password }): Body<Again>,
) -> Result<Json<TotpSecret>, ApiError> {
    let (_, email) = confirmed(&state, &asker, me, password).await?;
    let secret = totp::generate(&*state.entropy);
    let url = totp::url(&secret, email.as_str()).expect("a secret that was just made is one");
    let answer = TotpSecret { secret: secret.expose_secret().to_owned(), url: url.expose_secret().to_owned() };
    let new = NewSecondFactor { user: me.user, secret, now: state.clock.now() };
    let begun = state.store.begin_second_factor(&new, (&state.keyring, &*state.entropy)).await?;
    if begun { Ok(Json(answer)) } else { Err(ApiError::SecondFactorInUse) }
}
