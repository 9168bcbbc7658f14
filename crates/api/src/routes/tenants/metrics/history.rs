//! What a tenant has used.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::usage::{Span, SpanError};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::representation::Point;
use crate::auth::{ReadLogs, TenantAccess};
use crate::error::{ApiError, FieldError};
use crate::extract::Parameters;
use crate::state::ApiState;

/// How far back a question reaches that does not say.
const USUALLY: TimeDelta = TimeDelta::hours(1);
/// How far into the future one may reach, of which nothing is known.
const AHEAD: TimeDelta = TimeDelta::days(1);

/// Which time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShowMetrics {
    /// From then on; left out: an hour before `to`.
    from: Option<DateTime<Utc>>,
    /// Until then, or a day from now if that is sooner; left out: now.
    to: Option<DateTime<Utc>>,
    /// Seconds that one point stands for; left out: so many that there are as many points as an answer has at most.
    #[param(minimum = 1, maximum = 315_360_000)]
    step: Option<u64>,
}

/// A history: as many points as the time has steps, whatever is known of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Metrics {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    /// Seconds that a point stands for.
    #[schema(example = 15)]
    step: u64,
    /// Seconds that what it was made of stands for: older times are known less finely.
    #[schema(example = 15)]
    resolution: u32,
    /// In the order of time.
    points: Vec<Point>,
}

/// Show what a tenant has used
///
/// Averages and peaks in equal steps. Samples come every 15 s; after some hours a point a minute is left of them, after some days
/// one a quarter of an hour, after some weeks one an hour.
#[utoipa::path(get, path = "/tenants/{id}/metrics", tag = "metrics", operation_id = "show_tenant_metrics",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), ShowMetrics),
    responses((status = 200, description = "The history", body = Metrics)))]
pub(crate) async fn history(
    TenantAccess { tenant, scope, .. }: TenantAccess<ReadLogs>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ShowMetrics>,
) -> Result<Json<Metrics>, ApiError> {
    let (now, settings) = (state.clock.now(), &state.settings.metrics);
    let to = query.to.unwrap_or(now).min(now + AHEAD);
    let from = query.from.or_else(|| to.checked_sub_signed(USUALLY)).unwrap_or(to);
    let span = Span::new(from, to, query.step, settings.points).map_err(|error| wrong(&error, query.step))?;
    let resolution = span.resolution(now, &settings.kept);
    let known = state.store.usage_points(scope, tenant.id, resolution, &span).await?;
    let mut known = known.iter().peekable();
    let points =
        (0..span.points).map(|number| Point::of(span.start_of(number), known.next_if(|point| point.number == number)));
    Ok(Json(Metrics {
        from,
        to: span.to(),
        step: span.step.as_secs(),
        resolution: resolution.seconds().unsigned_abs(),
        points: points.collect(),
    }))
}

fn wrong(error: &SpanError, step: Option<u64>) -> ApiError {
    let name = match error {
        SpanError::Empty => "from",
        SpanError::TooMany { .. } | SpanError::NoStep => "step",
        SpanError::TooLong if step.is_some() => "step",
        SpanError::TooLong => "from",
    };
    ApiError::invalid(FieldError::parameter(name, error))
}
