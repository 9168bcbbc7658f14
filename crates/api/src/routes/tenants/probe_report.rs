//! What the last hostile probe found.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::hostile;
use serde::Serialize;
use storage::Probes;
use utoipa::ToSchema;

use crate::auth::{TenantAccess, View};
use crate::error::ApiError;
use crate::state::ApiState;

/// How a tenant's probes stand. All zero and null if none was ever asked for.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct ProbeState {
    /// How many were asked for.
    asked: i64,
    /// How many of them are answered, by the probe below.
    answered: i64,
    /// Whether one is under way.
    running: bool,
    asked_at: Option<DateTime<Utc>>,
    answered_at: Option<DateTime<Utc>>,
    /// Why the last one found nothing out.
    failure: Option<String>,
    report: Option<ProbeReport>,
}

/// What a probe found.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProbeReport {
    /// `tight`: all was refused; `unproved`: nothing was open, and not everything was proved to be closed; `holes`.
    #[schema(value_type = String, example = "tight")]
    verdict: hostile::Verdict,
    /// The worst first.
    findings: Vec<ProbeFinding>,
    /// How much was tried.
    tried: Vec<ProbeTried>,
}

/// Something that isn't as it must be.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProbeFinding {
    /// Stable.
    #[schema(value_type = String, example = "other_databases")]
    check: hostile::Check,
    target: String,
    expected: String,
    outcome: String,
    /// `low`, `medium`, `high` or `critical`.
    #[schema(value_type = String, example = "critical")]
    severity: hostile::Severity,
    /// What to do about it.
    mend: String,
}

/// The attempts of one kind.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProbeTried {
    #[schema(value_type = String, example = "host")]
    check: hostile::Check,
    attempts: u32,
    /// How many were refused.
    held: u32,
}

/// Show what the last probe found
#[utoipa::path(get, path = "/tenants/{id}/probe", tag = "tenants", operation_id = "show_probe",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    responses((status = 200, description = "How its probes stand", body = ProbeState)))]
pub(crate) async fn probe_report(
    TenantAccess { tenant, scope, .. }: TenantAccess<View>,
    State(state): State<ApiState>,
) -> Result<Json<ProbeState>, ApiError> {
    let probes = state.store.probes_of(scope, tenant.id).await?;
    Ok(Json(probes.map(ProbeState::from).unwrap_or_default()))
}

impl From<Probes> for ProbeState {
    fn from(probes: Probes) -> Self {
        let Probes { asked, asked_at, answered, answered_at, running, report, failure } = probes;
        let (asked_at, report) = (Some(asked_at), report.map(ProbeReport::from));
        Self { asked, answered, running, asked_at, answered_at, failure, report }
    }
}

impl From<hostile::Report> for ProbeReport {
    fn from(report: hostile::Report) -> Self {
        let finding = |found: hostile::Finding| {
            let hostile::Finding { check, target, expected, outcome, severity, mend } = found;
            ProbeFinding { check, target, expected, outcome, severity, mend }
        };
        let tried = |hostile::Tried { check, attempts, held }| ProbeTried { check, attempts, held };
        Self {
            verdict: report.verdict,
            findings: report.findings.into_iter().map(finding).collect(),
            tried: report.tried.into_iter().map(tried).collect(),
        }
    }
}
