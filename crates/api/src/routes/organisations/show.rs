//! One organisation.

use axum::Json;

use super::representation::Organisation;
use crate::auth::{OrgAccess, ViewOrganisation};

/// Show an organisation
#[utoipa::path(get, path = "/organisations/{id}", tag = "organisations", operation_id = "show_organisation",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    responses((status = 200, description = "What it is", body = Organisation)))]
pub(crate) async fn show(access: OrgAccess<ViewOrganisation>) -> Json<Organisation> {
    Json(access.organisation.into())
}
