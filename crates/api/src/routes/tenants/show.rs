//! One tenant.

use axum::Json;
use axum::extract::State;

use super::representation::Tenant;
use crate::auth::{TenantAccess, View};
use crate::error::ApiError;
use crate::state::ApiState;

/// Show a tenant
#[utoipa::path(get, path = "/tenants/{id}", tag = "tenants", operation_id = "show_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    responses((status = 200, description = "What should be, and what was last seen", body = Tenant)))]
pub(crate) async fn show(access: TenantAccess<View>, State(state): State<ApiState>) -> Result<Json<Tenant>, ApiError> {
    Ok(Json(Tenant::of(&state, access.scope, access.tenant).await?))
}
