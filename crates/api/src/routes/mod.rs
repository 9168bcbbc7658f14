//! All operations: `<noun>/<verb>.rs`, each with its request, its answer, its documentation and its handler.

mod api_keys;
mod apps;
#[expect(unused_qualifications, reason = "`utoipa::path` qualifies the parameters it is given")]
mod audit;
mod auth;
mod document;
#[expect(unused_qualifications, reason = "`utoipa::path` qualifies the parameters it is given")]
mod events;
mod health;
mod help;
mod invitations;
mod keepable;
mod me;
mod members;
mod organisations;
mod pages;
#[expect(unused_qualifications, reason = "`utoipa::path` qualifies the parameters it is given")]
mod tenants;
#[expect(unused_qualifications, reason = "`utoipa::path` qualifies the parameters it is given")]
mod wizard;
mod words;
mod ws_tickets;

use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use pages::PageOf;
pub(crate) use tenants::ListLogs;

use crate::middleware::timeout;
use crate::openapi::head;
use crate::state::ApiState;

const V1: &str = "/api/v1";

/// Those that answer at once.
fn quick() -> OpenApiRouter<ApiState> {
    let v1 = OpenApiRouter::new()
        .merge(tenants::quick())
        .merge(apps::quick())
        .merge(audit::quick())
        .merge(organisations::quick())
        .merge(members::quick())
        .merge(invitations::quick())
        .merge(api_keys::quick())
        .merge(auth::quick())
        .merge(me::quick())
        .merge(wizard::quick())
        .merge(help::quick())
        .merge(ws_tickets::quick());
    let unversioned = OpenApiRouter::new().merge(health::quick()).merge(document::quick()).merge(auth::well_known());
    unversioned.nest(V1, v1)
}

/// Those that wait on purpose, within bounds of their own.
fn patient() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().nest(V1, tenants::patient().merge(audit::patient()).merge(events::patient()))
}

/// All of them, without what surrounds them.
pub(crate) fn operations() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(head()).merge(quick()).merge(patient())
}

/// All of them, each within its bound of time.
pub(crate) fn all(state: &ApiState) -> OpenApiRouter<ApiState> {
    let quick = quick().layer(from_fn_with_state(state.clone(), timeout));
    OpenApiRouter::with_openapi(head()).merge(quick).merge(patient())
}
