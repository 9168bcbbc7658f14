//! What was asked of a tenant.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::DeploymentId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::representation::Failure;
use super::words::{Action, DeploymentStatus};
use crate::auth::{TenantAccess, View};
use crate::error::{ApiError, FieldError};
use crate::extract::Parameters;
use crate::routes::pages::page_limit;
use crate::state::ApiState;

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDeployments {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeploymentPage {
    items: Vec<Deployment>,
    /// The next page's `cursor`; null on the last.
    next: Option<String>,
}

/// One thing that was asked for: one generation of the tenant.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deployment {
    #[schema(example = "dep_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    generation: i64,
    action: Action,
    status: DeploymentStatus,
    /// Why it failed.
    error: Option<Failure>,
    /// The generation that a rollback, a cancel or an undo goes back to.
    back_to: Option<i64>,
    /// The image that was asked for.
    image: Option<String>,
    /// The one it meant, once the tenant was so.
    image_id: Option<String>,
    #[schema(example = "4.0.0")]
    version: Option<String>,
    /// When the tenant was first found to be so; one that should run has served from then on.
    converged_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
}

/// List a tenant's deployments
///
/// What was asked for and how it ended, the newest first.
#[utoipa::path(get, path = "/tenants/{id}/deployments", tag = "tenants", operation_id = "list_tenant_deployments",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), ListDeployments),
    responses((status = 200, description = "A page", body = DeploymentPage)))]
pub(crate) async fn deployments(
    TenantAccess { tenant, scope, .. }: TenantAccess<View>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ListDeployments>,
) -> Result<Json<DeploymentPage>, ApiError> {
    let limit = page_limit(&state, query.limit)?;
    let after = query.cursor.as_deref().map(DeploymentId::parse).transpose();
    let after = after.map_err(|error| ApiError::invalid(FieldError::parameter("cursor", error)))?;
    let mut found = state.store.list_deployments(scope, tenant.id, after, limit.saturating_add(1)).await?;
    let more = found.len() > usize::from(limit);
    found.truncate(usize::from(limit));
    let next = found.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(DeploymentPage { items: found.into_iter().map(Deployment::from).collect(), next }))
}

impl From<storage::Deployment> for Deployment {
    fn from(row: storage::Deployment) -> Self {
        Self {
            id: row.id.to_string(),
            generation: row.generation,
            action: row.action.into(),
            status: row.status.into(),
            error: row.error.map(Failure::from),
            back_to: row.metadata.get("back_to").and_then(serde_json::Value::as_i64),
            image: row.image.map(|image| image.to_string()),
            version: row.pinned_image.as_ref().and_then(|pin| Some(pin.version.as_ref()?.to_string())),
            image_id: row.pinned_image.map(|pin| pin.id.to_string()),
            converged_at: row.converged_at,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}
