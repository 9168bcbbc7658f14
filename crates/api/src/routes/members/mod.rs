//! Members of organisations.

mod change_role;
mod leave;
mod list;
mod remove;

use domain::UserId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(change_role::change_role, remove::remove))
        .routes(routes!(leave::leave))
}

/// The path's `{user}`.
fn member(text: &str) -> Result<UserId, ApiError> {
    UserId::parse(text).map_err(|error| ApiError::MemberNotFound(error.to_string()))
}
