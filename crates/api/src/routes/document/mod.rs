//! About this API; open to all.

mod problems;
mod reference;
mod show;

use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

/// Compressed, as the only large answers that hold no secret, whose length could tell of it.
pub(super) fn quick() -> OpenApiRouter<ApiState> {
    let router = OpenApiRouter::new()
        .routes(routes!(show::show))
        .routes(routes!(reference::reference))
        .routes(routes!(problems::problems));
    router.layer(CompressionLayer::new())
}
