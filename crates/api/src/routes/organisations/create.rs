//! Make an organisation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use domain::OrganisationId;
use domain::access::Role;
use serde::Deserialize;
use storage::{NewOrganisation, Scope};
use utoipa::ToSchema;

use super::name;
use super::representation::Organisation;
use crate::auth::{Caller, Me};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::state::ApiState;

/// An organisation to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateOrganisation {
    /// For people: 1 to 200 characters.
    #[schema(example = "Social Networks Lab")]
    name: String,
}

/// Make an organisation
///
/// You are its owner. For people who have signed in, and whose account stands well with the operator; no key does it for them.
#[utoipa::path(post, path = "/organisations", tag = "organisations", operation_id = "create_organisation",
    request_body = CreateOrganisation,
    responses(
        (status = 201, description = "It is there", body = Organisation,
            headers(("Location" = String, description = "Its address"))),
        (status = 403, description = "`forbidden`, `email_not_verified` or `awaiting_approval`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`too_many_organisations`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    me: Me,
    caller: Caller,
    State(state): State<ApiState>,
    Body(request): Body<CreateOrganisation>,
) -> Result<impl IntoResponse, ApiError> {
    caller.stands_well()?;
    let name = name(&request.name).map_err(ApiError::invalid)?;
    let now = state.clock.now();
    let id = OrganisationId::generate(now, &*state.entropy);
    let new = NewOrganisation {
        id,
        name: name.clone(),
        founder: me.user,
        most: Some(state.settings.signup.most_organisations),
        now,
    };
    state.store.create_organisation(Scope::User(me.user), &new).await?;
    let made = storage::Organisation { id, name, personal: false, created_at: now, role: Some(Role::Owner) };
    let location = [(LOCATION, format!("/api/v1/organisations/{id}"))];
    Ok((StatusCode::CREATED, location, Json(Organisation::from(made))))
}
