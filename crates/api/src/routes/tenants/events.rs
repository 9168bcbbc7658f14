//! What happened to a tenant.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};

use super::patience;
use crate::auth::{TenantAccess, View};
use crate::error::ApiError;
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
/// With `wait` a long poll: answers as soon as there is a new one.
#[utoipa::path(get, path = "/tenants/{id}/events", tag = "tenants", operation_id = "list_tenant_events",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), ListEvents),
    responses((status = 200, description = "Those after the given one", body = Events)))]
pub(crate) async fn events(
    TenantAccess { tenant, scope, .. }: TenantAccess<View>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ListEvents>,
) -> Result<Json<Events>, ApiError> {
    let (after, limit) = (event_place(query.after)?, page_limit(&state, query.limit)?);
    let until = Instant::now() + patience(&state, query.wait, Duration::ZERO);
    let mut news = state.news.listen(tenant.id);
    loop {
        let found = state.store.list_events(scope, tenant.id, after, limit).await?;
        if !found.is_empty() || !news.wait(until, &state.stop, |_| true).await {
            let next = found.last().map_or(after.unwrap_or(0), |event| event.id);
            return Ok(Json(Events { items: found.into_iter().map(Event::from).collect(), next }));
        }
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
