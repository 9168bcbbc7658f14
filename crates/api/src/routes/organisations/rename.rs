//! Give an organisation another name.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::name;
use super::representation::Organisation;
use crate::auth::{ManageOrganisation, OrgAccess};
use crate::error::ApiError;
use crate::extract::Body;
use crate::state::ApiState;

/// What should be otherwise.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameOrganisation {
    /// For people: 1 to 200 characters.
    #[schema(example = "Social Networks Lab")]
    name: String,
}

/// Rename an organisation
#[utoipa::path(patch, path = "/organisations/{id}", tag = "organisations", operation_id = "rename_organisation",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    request_body = RenameOrganisation,
    responses(
        (status = 200, description = "As it is now", body = Organisation),
    ))]
pub(crate) async fn rename(
    OrgAccess { organisation, scope, .. }: OrgAccess<ManageOrganisation>,
    State(state): State<ApiState>,
    Body(request): Body<RenameOrganisation>,
) -> Result<Json<Organisation>, ApiError> {
    let name = name(&request.name).map_err(ApiError::invalid)?;
    if !state.store.rename_organisation(scope, organisation.id, &name).await? {
        return Err(ApiError::gone());
    }
    Ok(Json(storage::Organisation { name, ..organisation }.into()))
}
