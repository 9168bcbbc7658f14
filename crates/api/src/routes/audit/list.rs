//! The lines, the newest first, a page at a time.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::filter::Asked;
use super::representation::AuditLine;
use crate::auth::{Here, ViewAudit};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::routes::pages::page_limit;
use crate::state::ApiState;

/// Which part of which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAudit {
    /// `next` of the page before.
    before: Option<i64>,
    /// How many; 50 if left out.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
    /// Of this organisation only: for operators, who see all.
    organisation: Option<String>,
    /// Of this actor: a user's id, a key's.
    actor: Option<String>,
    /// An action (`tenant.stop`), or all of a noun (`tenant`).
    action: Option<String>,
    /// What it was done to: a tenant's id, a user's, a key's.
    target: Option<String>,
    /// From then on.
    from: Option<DateTime<Utc>>,
    /// Before then.
    until: Option<DateTime<Utc>>,
}

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    items: Vec<AuditLine>,
    /// The next page's `before`; null on the last.
    next: Option<i64>,
}

/// List the audit log
///
/// Who did what to what in your organisation, the newest first. Nobody changes a line, and each is sealed soon after it was
/// written: `frescod audit verify` tells whether all are as they were.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit", params(ListAudit),
    responses((status = 200, description = "A page", body = AuditPage)))]
pub(crate) async fn list(
    here: Here<ViewAudit>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ListAudit>,
) -> Result<Json<AuditPage>, ApiError> {
    let limit = page_limit(&state, query.limit)?;
    let (organisation, actor, action, target) = (query.organisation, query.actor, query.action, query.target);
    let asked = Asked { organisation, actor, action, target, from: query.from, until: query.until };
    let lines = state.store.list_audit(here.scope, &asked.check()?, query.before, limit).await?;
    let next = lines.last().filter(|_| lines.len() == usize::from(limit)).map(|line| line.id);
    Ok(Json(AuditPage { items: lines.into_iter().map(AuditLine::from).collect(), next }))
}
