//! What all changes of a tenant share: the way to the row, and the answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::DeploymentId;
use domain::tenant::Operation;
use serde::Serialize;
use storage::Change;
use utoipa::ToSchema;

use super::representation::Tenant;
use crate::auth::TenantAccess;
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// What was asked for is written down, and will be done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Accepted {
    tenant: Tenant,
    /// To wait for.
    generation: i64,
    deployment_id: String,
}

impl Accepted {
    pub(super) fn of(state: &ApiState, row: storage::Tenant, deployment: DeploymentId) -> Self {
        let (generation, deployment_id) = (row.generation, deployment.to_string());
        Self { tenant: Tenant::changed(state, row), generation, deployment_id }
    }
}

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self)).into_response()
    }
}

/// Asks for an operation that brings nothing with it.
pub(super) async fn ask<P>(
    state: &ApiState,
    access: &TenantAccess<P>,
    if_match: IfMatch,
    operation: Operation,
) -> Result<Accepted, ApiError> {
    ask_for(state, access, if_match, plain(state, operation)).await
}

pub(super) fn plain(state: &ApiState, operation: Operation) -> Change {
    let now = state.clock.now();
    Change::plain(operation, DeploymentId::generate(now, &*state.entropy), now)
}

/// Asks for a change, if the tenant is as whoever asks has seen it.
pub(super) async fn ask_for<P>(
    state: &ApiState,
    access: &TenantAccess<P>,
    if_match: IfMatch,
    change: Change,
) -> Result<Accepted, ApiError> {
    let (expected_generation, most) = (if_match.generation(), state.settings.signup.most_tenants_of(access.scope));
    let change = Change { expected_generation, most, ..change };
    let changed = state.store.change_tenant(access.scope, access.tenant.id, change).await?;
    Ok(Accepted::of(state, changed.tenant, changed.deployment))
}
