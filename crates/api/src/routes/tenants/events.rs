//! What happened to a tenant.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::TenantId;
use serde::{Deserialize, Serialize};
use storage::Scope;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use super::patience;
use crate::auth::{TenantAccess, View};
use crate::error::{ApiError, FieldError};
use crate::extract::Parameters;
use crate::routes::pages::{event_place, page_limit};
use crate::state::ApiState;

/// Which part of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListEvents {
    /// `next` of the answer before; left out: from the beginning.
    #[param(minimum = 0)]
    after: Option<i64>,
    /// `before` of the answer before: those right before that event. Not with `after`.
    #[param(minimum = 0)]
    before: Option<i64>,
    /// The last ones rather than the first. Not with `after`.
    newest: Option<bool>,
    /// How many; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// Seconds to wait for the first one if there is none; left out: none.
    wait: Option<u64>,
}

/// A part of the history.
#[derive(Serialize, ToSchema)]
pub(crate) struct Events {
    /// In the order they happened.
    items: Vec<Event>,
    /// What to give as `after` the next time.
    next: i64,
    /// What to give as `before` for older ones, where the last ones or older ones were asked for; null: there are none.
    before: Option<i64>,
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    id: i64,
    generation: i64,
    /// A stable word.
    #[schema(example = "await_ready")]
    kind: String,
    /// For people.
    message: String,
    /// For programs.
    data: serde_json::Value,
    at: DateTime<Utc>,
}

/// List a tenant's events
///
/// From the beginning on, or with `newest` from the end back. With `wait` a long poll: answers as soon as there is a new one.
#[utoipa::path(get, path = "/tenants/{id}/events", tag = "tenants", operation_id = "list_tenant_events",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), ListEvents),
    responses((status = 200, description = "Those after or before the given one", body = Events)))]
pub(crate) async fn events(
    TenantAccess { tenant, scope, .. }: TenantAccess<View>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ListEvents>,
) -> Result<Json<Events>, ApiError> {
    let limit = page_limit(&state, query.limit)?;
    let (after, before) = query.places()?;
    let until = Instant::now() + patience(&state, query.wait, Duration::ZERO);
    let mut news = state.news.listen(tenant.id);
    loop {
        let part = if query.is_from_the_end() {
            last(&state, scope, tenant.id, before, limit).await?
        } else {
            Events::after(state.store.list_events(scope, tenant.id, after, limit).await?, after)
        };
        if !part.items.is_empty() || !news.wait(until, &state.stop, |_| true).await {
            return Ok(Json(part));
        }
    }
}

/// The last ones, or those right before one.
async fn last(
    state: &ApiState,
    scope: Scope,
    tenant: TenantId,
    before: Option<i64>,
    limit: u16,
) -> Result<Events, ApiError> {
    let mut found = state.store.last_events(scope, tenant, before, limit.saturating_add(1)).await?;
    let is_more = found.len() > usize::from(limit);
    if is_more {
        found.remove(0);
    }
    let older = found.first().filter(|_| is_more).map(|first| first.id);
    Ok(Events { before: older, ..Events::after(found, None) })
}

impl ListEvents {
    fn is_from_the_end(&self) -> bool {
        self.newest.unwrap_or_default() || self.before.is_some()
    }

    fn places(&self) -> Result<(Option<i64>, Option<i64>), ApiError> {
        if self.after.is_some() && self.is_from_the_end() {
            let detail =
                "give `after`, or `newest` or `before`: a history is read on from a place, or back from its end";
            return Err(ApiError::invalid(FieldError::parameter("after", detail)));
        }
        Ok((event_place("after", self.after)?, event_place("before", self.before)?))
    }
}

impl Events {
    fn after(found: Vec<storage::Event>, after: Option<i64>) -> Self {
        let next = found.last().map_or(after.unwrap_or(0), |event| event.id);
        Self { items: found.into_iter().map(Event::from).collect(), next, before: None }
    }
}

impl From<storage::Event> for Event {
    fn from(event: storage::Event) -> Self {
        Self {
            id: event.id,
            generation: event.generation,
            kind: event.kind,
            message: event.message,
            data: event.data,
            at: event.at,
        }
    }
}
