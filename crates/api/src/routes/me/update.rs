//! Change one's account.

use axum::Json;
use axum::extract::State;
use mail::Kind;
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
    /// All of them; 8 KiB of JSON at most. `letters` says of kinds of letters whether you want them, as in
    /// `{"instance_ready": false}`: of those that you may do without, as your account lists them.
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
    preferences.iter().try_for_each(chosen_letters)?;
    state.store.update_user(me.user, UserChange { name, preferences }).await?;
    Ok(Json(super::shown(&state, me).await?))
}

/// Whether it can be heeded what they say of letters.
fn chosen_letters(preferences: &Map<String, Value>) -> Result<(), ApiError> {
    let wrong = |path: &[&str], detail: &str| {
        let path = ["preferences", "letters"].into_iter().chain(path.iter().copied());
        Err(ApiError::invalid(FieldError::body(path, detail)))
    };
    let Some(letters) = preferences.get("letters") else { return Ok(()) };
    let Some(letters) = letters.as_object() else {
        return wrong(&[], "expected an object: kinds of letters, true or false");
    };
    for (word, is_wanted) in letters {
        let kind = Kind::ALL.iter().find(|kind| kind.as_str() == word);
        match (kind.map(|kind| kind.is_optional()), is_wanted) {
            (None, _) => return wrong(&[word], "there are no letters of this kind; your account lists all"),
            (Some(false), _) => return wrong(&[word], "these are about the security of your account, and always sent"),
            (Some(true), Value::Bool(_)) => {}
            (Some(true), _) => return wrong(&[word], "expected true or false"),
        }
    }
    Ok(())
}
