//! Signing up, a decision a step: which names are to be had, the draft with its answers, and its instance.
//!
//! A draft is nobody's in particular until it is deployed: whoever shows its token ([`crate::auth::Drafter`]) reads and changes
//! it. What it leads to is made by the person whose address it names, once they have signed in.

mod answer;
mod deploy;
mod representation;
mod show;
mod start;
mod subdomain;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(subdomain::check))
        .routes(routes!(start::start))
        .routes(routes!(show::show, answer::answer))
        .routes(routes!(deploy::deploy))
}
