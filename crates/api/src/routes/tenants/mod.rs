//! Tenants: instances of an app, each on a subdomain of its own.

mod beside;
mod cancel;
mod change;
mod checks;
mod claim_link;
mod create;
mod deployments;
mod destroy;
mod events;
mod limits;
mod list;
mod logs;
mod metrics;
mod open;
mod plan;
mod probe;
mod probe_report;
mod reopen_setup;
mod representation;
mod restart;
mod rollback;
mod show;
mod sizes;
mod start;
mod stop;
mod undo;
mod update;
mod usual;
mod wait;
mod words;

use std::time::Duration;

use domain::app::{AppManifest, Setup};
use domain::tenant::Refusal;
use storage::Tenant;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::ApiError;
use crate::first_run;
use crate::state::ApiState;

pub(crate) use events::Event;
pub(crate) use limits::Limits;
pub(crate) use logs::ListLogs;
pub(crate) use words::Status;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, update::update))
        .routes(routes!(start::start))
        .routes(routes!(stop::stop))
        .routes(routes!(restart::restart))
        .routes(routes!(rollback::rollback))
        .routes(routes!(cancel::cancel))
        .routes(routes!(destroy::destroy))
        .routes(routes!(undo::undo))
        .routes(routes!(deployments::deployments))
        .routes(routes!(metrics::history::history))
        .routes(routes!(plan::plan))
        .routes(routes!(probe::probe, probe_report::probe_report))
        .routes(routes!(claim_link::claim_link))
        .routes(routes!(open::open))
        .routes(routes!(reopen_setup::reopen_setup))
}

pub(super) fn patient() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(wait::wait))
        .routes(routes!(events::events))
        .routes(routes!(logs::list::list))
        .routes(routes!(logs::export::export))
        .routes(routes!(logs::stream::stream))
        .routes(routes!(metrics::stream::stream))
}

/// The manifest of a tenant's app; `None` if the operator has taken it away since.
fn manifest<'a>(state: &'a ApiState, tenant: &Tenant) -> Option<&'a AppManifest> {
    state.catalogue.get(&tenant.spec.app).ok()
}

/// Nobody has asked for its end.
fn alive(tenant: &Tenant) -> Result<(), ApiError> {
    let Some(destroy_after) = tenant.destroy_after else { return Ok(()) };
    let destroyed = tenant.destroyed_at.map(|_| Refusal::Destroyed);
    Err(ApiError::Refused(destroyed.unwrap_or(Refusal::BeingDestroyed(destroy_after))))
}

/// The set-up of an instance that awaits its first visitor.
fn first_visit<'a>(state: &'a ApiState, tenant: &Tenant) -> Result<&'a Setup, ApiError> {
    alive(tenant)?;
    if tenant.first_run.is_set_up() {
        return Err(ApiError::AlreadySetUp);
    }
    let why = match tenant.pinned_image {
        Some(_) => "this version of the app awaits no first visitor; it is open to everybody",
        None => "which version of the app this is, is not known yet; try again once its image was fetched",
    };
    first_run::setup(state, tenant).ok_or(ApiError::NoFirstRun(why))
}

/// How long a request may wait on purpose: as long as it asks for, within the server's bound.
fn patience(state: &ApiState, seconds: Option<u64>, default: Duration) -> Duration {
    seconds.map_or(default, Duration::from_secs).min(state.settings.longest_wait)
}
