//! New recovery codes.

use axum::Json;
use axum::extract::State;

use super::{BothAgain, RecoveryCodes, confirmed_by_both};
use crate::auth::{Asker, Me, totp};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// Make new recovery codes
///
/// Takes the password and a code, of your app or one of those of before, which are good no more.
#[utoipa::path(post, path = "/me/recovery-codes", tag = "me", operation_id = "make_recovery_codes",
    security(("access_token" = [])), request_body = BothAgain,
    responses(
        (status = 200, description = "Ten of them; shown once", body = RecoveryCodes),
        (status = 401, description = "`second_factor_required`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password` or `wrong_code`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`no_second_factor`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn recovery_codes(
    me: Me,
    asker: Asker,
    State(state): State<ApiState>,
    Body(again): Body<BothAgain>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    confirmed_by_both(&state, &asker, me, again).await?;
    if !state.store.second_factor_confirmed(me.user).await? {
        return Err(ApiError::NoSecondFactor);
    }
    let codes = totp::generate_codes(&*state.entropy);
    let hashes: Vec<_> = codes.iter().map(|code| code.hash).collect();
    state.store.replace_recovery_codes(me.user, &hashes).await?;
    Ok(Json(RecoveryCodes::of(&codes)))
}
