//! A page of a tenant's log.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use logs::{LogPage, LogQuery, Place};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::representation::LogItem;
use super::wanted::{LevelWord, wanted};
use super::{cursor, refused};
use crate::auth::{ReadLogs, TenantAccess};
use crate::error::{ApiError, FieldError};
use crate::extract::Parameters;
use crate::state::ApiState;

/// Which part of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListLogs {
    /// Nothing before.
    since: Option<DateTime<Utc>>,
    /// Nothing after.
    until: Option<DateTime<Utc>>,
    /// This level and graver ones; what has none counts as `info`.
    #[param(inline)]
    level: Option<LevelWord>,
    /// Entries that contain it, in any case.
    #[param(max_length = 1024)]
    query: Option<String>,
    /// `query` is a regular expression.
    regex: Option<bool>,
    /// What follows this entry, the oldest first.
    after: Option<String>,
    /// What comes before this entry.
    before: Option<String>,
    /// This entry amid its neighbours, whatever else is wanted.
    around: Option<String>,
    /// From the oldest on (or from `since`) rather than the newest.
    oldest: Option<bool>,
    /// How many; 500 if left out.
    #[param(minimum = 1, maximum = 5000)]
    limit: Option<u32>,
}

/// A part of a log, the oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Logs {
    items: Vec<LogItem>,
    /// For `before`: what is older. Null: there is nothing.
    before: Option<String>,
    /// For `after`: what is newer, and for a WebSocket to go on with. Null: nothing was ever said.
    after: Option<String>,
    /// Whether something newer is there already. A page may be empty all the same: a search stops after so much text.
    more: bool,
    /// When the container engine was last asked for more; null if it could not be asked.
    as_of: Option<DateTime<Utc>>,
}

const DEFAULT: u32 = 500;
const MOST: u32 = 5000;

/// Read a tenant's log
///
/// The newest entries, or with `oldest` the first. History survives restarts and changes of the
/// container. `log_cursor_gone`: the entry of that cursor is not kept any more; `logs_unavailable`: they can't be read now.
#[utoipa::path(get, path = "/tenants/{id}/logs", tag = "logs", operation_id = "list_tenant_logs",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), ListLogs),
    responses((status = 200, description = "The part of it", body = Logs)))]
pub(crate) async fn list(
    TenantAccess { tenant, .. }: TenantAccess<ReadLogs>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ListLogs>,
) -> Result<Json<Logs>, ApiError> {
    let page = state.logs.read(tenant.id, query.read()?).await.map_err(refused)?;
    Ok(Json(page.into()))
}

impl ListLogs {
    /// As the log's keeper is asked.
    pub(crate) fn read(self) -> Result<LogQuery, ApiError> {
        let (place, limit) = (place(&self)?, limit(self.limit)?);
        let wanted = wanted(self.level, self.query, self.regex)?;
        Ok(LogQuery { place, since: self.since, until: self.until, wanted, limit })
    }
}

fn place(query: &ListLogs) -> Result<Place, ApiError> {
    let after = cursor("after", query.after.as_deref())?;
    let before = cursor("before", query.before.as_deref())?;
    let around = cursor("around", query.around.as_deref())?;
    match (after, before, around) {
        (None, None, None) if query.oldest == Some(true) => Ok(Place::Oldest),
        (None, None, None) => Ok(Place::Newest),
        (Some(cursor), None, None) => Ok(Place::After(cursor)),
        (None, Some(cursor), None) => Ok(Place::Before(cursor)),
        (None, None, Some(cursor)) => Ok(Place::Around(cursor)),
        _ => Err(ApiError::invalid(FieldError::parameter("after", "give one of `after`, `before` and `around`"))),
    }
}

fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked {
        None => Ok(DEFAULT),
        Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
        Some(limit) => {
            let detail = format!("`{limit}` is no length of a page here: between 1 and {MOST}");
            Err(ApiError::invalid(FieldError::parameter("limit", detail)))
        }
    }
}

impl From<LogPage> for Logs {
    fn from(page: LogPage) -> Self {
        let text = |cursor: domain::log::LogCursor| cursor.to_string();
        Self {
            items: page.entries.into_iter().map(LogItem::from).collect(),
            before: page.before.map(text),
            after: page.after.map(text),
            more: page.more,
            as_of: page.as_of,
        }
    }
}
