//! The tenants, the newest first, a page at a time.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use storage::{Shown, TenantFilter};
use utoipa::{IntoParams, ToSchema};

use super::beside::Beside;
use super::representation::{Tenant, status_max_age};
use super::words::Status;
use crate::auth::{Here, View};
use crate::error::{ApiError, FieldError};
use crate::extract::Parameters;
use crate::routes::pages::part;
use crate::state::ApiState;

/// Which part of which list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListTenants {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// Part of the subdomain.
    search: Option<String>,
    /// As it is shown.
    #[param(inline)]
    status: Option<Status>,
    /// Tombstones too.
    #[serde(default)]
    destroyed: bool,
}

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantPage {
    items: Vec<Tenant>,
    /// The next page's `cursor`; null on the last.
    next: Option<String>,
}

/// List the tenants
///
/// The newest first. A tenant that comes or goes meanwhile neither repeats another nor hides one.
#[utoipa::path(get, path = "/tenants", tag = "tenants", operation_id = "list_tenants", params(ListTenants),
    responses((status = 200, description = "A page", body = TenantPage)))]
pub(crate) async fn list(
    here: Here<View>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ListTenants>,
) -> Result<Json<TenantPage>, ApiError> {
    let part = part(&state, query.cursor.as_deref(), query.limit)?;
    // A tombstone that is asked for by its status is wanted.
    let wanted = query.status.map(domain::tenant::Status::from);
    let include_destroyed = query.destroyed || wanted == Some(domain::tenant::Status::Destroyed);
    let search = query.search.filter(|text| !text.is_empty());
    if search.as_ref().is_some_and(|text| text.contains(char::is_control)) {
        let detail = "no subdomain has a control character: expected a part of one";
        return Err(ApiError::invalid(FieldError::parameter("search", detail)));
    }
    let last_look = state.store.last_look().await?;
    let (now, max_age) = (state.clock.now(), status_max_age(&state));
    let status = wanted.map(|status| Shown { status, now, max_age, last_look });
    let filter = TenantFilter { search, status, include_destroyed };
    let page = state.store.list_tenants(here.scope, &filter, part).await?;
    let beside = Beside::of(&state, here.scope, &page.items).await?;
    let items = page.items.into_iter().map(|tenant| Tenant::seen(&state, last_look, tenant, &beside)).collect();
    Ok(Json(TenantPage { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
