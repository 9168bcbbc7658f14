//! Tenants: instances of an app, each on a subdomain of its own.

mod claim_link;
mod create;
mod destroy;
mod events;
mod limits;
mod list;
mod open;
mod plan;
mod probe;
mod probe_report;
mod reopen_setup;
mod representation;
mod show;
mod wait;
mod words;

use std::time::Duration;

use domain::app::{AppManifest, Setup};
use domain::tenant::DesiredState;
use storage::Tenant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::{ApiError, FieldError};
use crate::first_run;
use crate::state::ApiState;

pub(crate) use limits::Limits;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show))
        .routes(routes!(destroy::destroy))
        .routes(routes!(plan::plan))
        .routes(routes!(probe::probe, probe_report::probe_report))
        .routes(routes!(claim_link::claim_link))
        .routes(routes!(open::open))
        .routes(routes!(reopen_setup::reopen_setup))
}

pub(super) fn patient() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(wait::wait)).routes(routes!(events::events))
}

/// The manifest of a tenant's app; `None` if the operator has taken it away since.
fn manifest<'a>(state: &'a ApiState, tenant: &Tenant) -> Option<&'a AppManifest> {
    state.catalogue.get(&tenant.spec.app).ok()
}

/// The set-up of an instance that awaits its first visitor.
fn first_visit<'a>(state: &'a ApiState, tenant: &Tenant) -> Result<&'a Setup, ApiError> {
    if tenant.desired_state == DesiredState::Destroyed {
        return Err(ApiError::AlreadyDestroyed("nobody will set it up any more"));
    }
    if tenant.first_run.is_set_up() {
        return Err(ApiError::AlreadySetUp);
    }
    let why = match tenant.pinned_image {
        Some(_) => "this version of the app awaits no first visitor; it is open to everybody",
        None => "which version of the app this is, is not known yet; try again once its image was fetched",
    };
    first_run::setup(state, tenant).ok_or(ApiError::NoFirstRun(why))
}

/// How many items a page has.
fn page_limit(state: &ApiState, asked: Option<u16>) -> Result<u16, ApiError> {
    let most = state.settings.longest_page;
    match asked {
        None => Ok(state.settings.page),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(limit) => {
            let detail = format!("`{limit}` is no length of a page here: between 1 and {most}");
            Err(ApiError::invalid(FieldError::parameter("limit", detail)))
        }
    }
}

/// How long a request may wait on purpose: as long as it asks for, within the server's bound.
fn patience(state: &ApiState, seconds: Option<u64>, default: Duration) -> Duration {
    seconds.map_or(default, Duration::from_secs).min(state.settings.longest_wait)
}
