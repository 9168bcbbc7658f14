//! About this API; open to all.

mod problems;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show::show)).routes(routes!(problems::problems))
}
