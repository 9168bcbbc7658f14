//! Ask for a hostile probe.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::alive;
use crate::auth::{Probe, TenantAccess};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// It will be probed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProbeAsked {
    /// Its number: there is an answer when `answered` has come so far.
    asked: i64,
}

/// Have a tenant probed
///
/// In the background, a short-lived container in the tenant's place tries what no tenant may do: other tenants, the host,
/// private networks, the metadata service, the engine, other databases and roles. The tenant goes on undisturbed.
#[utoipa::path(post, path = "/tenants/{id}/probe", tag = "tenants", operation_id = "probe_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    responses(
        (status = 202, description = "It will be probed", body = ProbeAsked),
        (status = 409, description = "`being_destroyed` or `already_destroyed`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn probe(
    TenantAccess { tenant, scope, .. }: TenantAccess<Probe>,
    State(state): State<ApiState>,
) -> Result<(StatusCode, Json<ProbeAsked>), ApiError> {
    alive(&tenant)?;
    let asked = state.store.ask_probe(scope, tenant.id, state.clock.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(ProbeAsked { asked })))
}
