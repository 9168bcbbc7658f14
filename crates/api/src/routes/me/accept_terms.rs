//! Accept the terms of use that are in force.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::representation::Account;
use crate::auth::Me;
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// Which terms were read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptTerms {
    /// The version that is in force, as `terms_due` of your account names it.
    #[schema(example = "2026-11")]
    version: String,
}

/// Accept the terms of use
///
/// Those in force, and no others. It is written down with the time; accepted again, the first time stays.
#[utoipa::path(post, path = "/me/terms", tag = "me", operation_id = "accept_terms", security(("access_token" = [])),
    request_body = AcceptTerms,
    responses(
        (status = 200, description = "Your account as it is now", body = Account),
        (status = 409, description = "`terms_not_in_force`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn accept_terms(
    me: Me,
    State(state): State<ApiState>,
    Body(AcceptTerms { version }): Body<AcceptTerms>,
) -> Result<Json<Account>, ApiError> {
    let current = &state.settings.signup.terms_version;
    if version != *current {
        return Err(ApiError::TermsNotInForce { current: current.clone() });
    }
    state.store.accept_terms(me.user, &version, state.clock.now()).await?;
    Ok(Json(super::shown(&state, me).await?))
}
