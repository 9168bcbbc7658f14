//! The audit log: who did what to what, from where, with which result.

mod export;
mod filter;
mod list;
mod representation;

pub(super) use representation::AuditLine;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list::list))
}

/// As long as its reader reads.
pub(super) fn patient() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(export::export))
}
