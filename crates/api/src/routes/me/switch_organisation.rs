//! Act in another organisation.

use axum::Json;
use axum::extract::State;
use domain::OrganisationId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Me;
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::routes::auth::{SignedIn, access};
use crate::state::ApiState;

/// Where to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchOrganisation {
    /// One that you are a member of.
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    organisation: String,
}

/// Act in another organisation
///
/// With the access token of the answer, and those that it is renewed with. Tokens of before go on in the organisation they
/// were made for.
#[utoipa::path(post, path = "/me/organisation", tag = "me", operation_id = "switch_organisation",
    security(("access_token" = [])), request_body = SwitchOrganisation,
    responses(
        (status = 200, description = "You act there", body = SignedIn),
        (status = 404, description = "`organisation_not_found`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn switch_organisation(
    me: Me,
    State(state): State<ApiState>,
    Body(request): Body<SwitchOrganisation>,
) -> Result<Json<SignedIn>, ApiError> {
    let to = OrganisationId::parse(&request.organisation);
    let to = to.map_err(|error| ApiError::invalid(FieldError::body(["organisation"], error)))?;
    if !state.store.switch_organisation(me.user, me.session, to, state.clock.now()).await? {
        return Err(ApiError::OrganisationNotFound(format!("you are a member of no organisation {to}")));
    }
    Ok(Json(access(&state, (me.session, me.user), Some(to)).await?))
}
