//! Whether it can work.

use axum::Json;
use axum::extract::State;
use storage::{MigrateError, StorageError};

use super::{Health, OK};
use crate::error::{ApiError, Problem};
use crate::state::ApiState;

/// Whether it can work
///
/// The platform's database answers, its schema is this program's, and the process is not about to end.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "readyz", security(()),
    responses(
        (status = 200, description = "It can work", body = Health),
        (status = 503, description = "`not_ready` or `database_unavailable`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn ready(State(state): State<ApiState>) -> Result<Json<Health>, ApiError> {
    if state.stop.is_cancelled() {
        return Err(ApiError::NotReady("it is about to end".to_owned()));
    }
    match state.store.check().await {
        Ok(()) => Ok(OK),
        Err(MigrateError::Storage(error @ StorageError::Unavailable { .. })) => {
            Err(ApiError::DatabaseUnavailable(error))
        }
        Err(MigrateError::Storage(error)) => Err(error.into()),
        Err(error @ MigrateError::Failed(_)) => Err(ApiError::Internal(error.into())),
        Err(error @ (MigrateError::NotBootstrapped(_) | MigrateError::Behind { .. } | MigrateError::Ahead { .. })) => {
            Err(ApiError::NotReady(error.to_string()))
        }
    }
}
