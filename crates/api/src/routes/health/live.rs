//! Whether the process lives.

use axum::Json;

use super::{Health, OK};

/// Whether the process lives
///
/// Asks nobody else, so that a supervisor doesn't restart what can't help it.
#[utoipa::path(get, path = "/healthz", tag = "health", operation_id = "healthz", security(()),
    responses((status = 200, description = "It lives", body = Health)))]
pub(crate) async fn live() -> Json<Health> {
    OK
}
