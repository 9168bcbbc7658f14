//! All lines, as one document.

use std::error::Error;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use futures_util::StreamExt;
use serde::Deserialize;
use utoipa::IntoParams;

use super::filter::Asked;
use super::representation::AuditLine;
use crate::auth::{Here, ViewAudit};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::state::ApiState;

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportAudit {
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

/// Export the audit log
///
/// A JSON object a line, the newest first, as `GET /api/v1/audit` has them. An answer that is cut short was not all: it ends
/// without the last chunk.
#[utoipa::path(get, path = "/audit/export", tag = "audit", operation_id = "export_audit", params(ExportAudit),
    responses((status = 200, description = "The lines", body = AuditLine, content_type = "application/x-ndjson")))]
pub(crate) async fn export(
    here: Here<ViewAudit>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ExportAudit>,
) -> Result<Response, ApiError> {
    let (organisation, actor, action, target) = (query.organisation, query.actor, query.action, query.target);
    let asked = Asked { organisation, actor, action, target, from: query.from, until: query.until };
    let lines = state.store.stream_audit(here.scope, asked.check()?);
    let stop = state.stop.clone();
    let text = lines.map(move |line| {
        if stop.is_cancelled() {
            return Err("the platform is about to end".into());
        }
        let line = line.inspect_err(|error| tracing::warn!(%error, "an export of the audit log is cut short"))?;
        let mut text = serde_json::to_vec(&AuditLine::from(line))?;
        text.push(b'\n');
        Ok::<_, Box<dyn Error + Send + Sync>>(Bytes::from(text))
    });
    let mut response = Body::from_stream(text).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"audit.ndjson\""));
    Ok(response)
}
