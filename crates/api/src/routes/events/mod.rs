//! What happens to all tenants that somebody may see.

mod stream;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

pub(super) fn patient() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(stream::stream))
}
