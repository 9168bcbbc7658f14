//! Who one is.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::representation::{Account, Membership};
use crate::auth::{Caller, Me};
use crate::error::ApiError;
use crate::routes::words::Role;
use crate::state::ApiState;

/// Who you are, and where.
#[derive(Serialize, ToSchema)]
pub(crate) struct Myself {
    #[serde(flatten)]
    account: Account,
    /// Whether a second factor is asked for when you log in.
    second_factor: bool,
    /// How many recovery codes are left.
    recovery_codes_left: u32,
    /// The session that asks.
    #[schema(example = "ses_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    session: String,
    /// Where you act.
    organisation: Option<String>,
    /// What you are there.
    role: Option<Role>,
    organisations: Vec<Membership>,
}

/// Show your account
#[utoipa::path(get, path = "/me", tag = "me", operation_id = "show_me", security(("access_token" = [])),
    responses((status = 200, description = "You", body = Myself)))]
pub(crate) async fn show(me: Me, caller: Caller, State(state): State<ApiState>) -> Result<Json<Myself>, ApiError> {
    let account = super::shown(&state, me).await?;
    let organisations = state.store.organisations_of(me.user).await?;
    let factor = state.store.second_factor_confirmed(me.user).await?;
    Ok(Json(Myself {
        account,
        second_factor: factor,
        recovery_codes_left: state.store.recovery_codes_left(me.user).await?,
        session: me.session.to_string(),
        organisation: caller.organisation.map(|organisation| organisation.to_string()),
        role: caller.role.map(Role::from),
        organisations: organisations.into_iter().map(Membership::from).collect(),
    }))
}
