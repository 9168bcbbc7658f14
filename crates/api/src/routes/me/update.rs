//! Change one's account.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value};
use storage::accounts::UserChange;
use utoipa::ToSchema;

use super::representation::Account;
use crate::auth::Me;
use crate::error::{ApiError, FieldError};
use crate::extract::Body;
use crate::routes::keepable::keepable;
use crate::routes::words::person_name;
use crate::state::ApiState;

/// What is to be another; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMe {
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// All of them; 8 KiB of JSON at most.
    #[schema(value_type = Option<Object>)]
    preferences: Option<Map<String, Value>>,
}

/// Change your account
#[utoipa::path(patch, path = "/me", tag = "me", operation_id = "update_me", security(("access_token" = [])),
    request_body = UpdateMe,
    responses(
        (status = 200, description = "As it is now", body = Account),
    ))]
pub(crate) async fn update(
    me: Me,
    State(state): State<ApiState>,
    Body(request): Body<UpdateMe>,
) -> Result<Json<Account>, ApiError> {
    let name = request.name.as_deref().map(person_name).transpose();
    let name = name.map_err(|error| ApiError::invalid(FieldError::body(["name"], error)))?;
    let preferences = request.preferences.map(keepable).transpose();
    let preferences = preferences.map_err(|error| ApiError::invalid(FieldError::body(["preferences"], error)))?;
    state.store.update_user(me.user, UserChange { name, preferences }).await?;
    Ok(Json(super::account(&state, me).await?.0.into()))
}
