//! A tenant's log as a file.

use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::TenantId;
use domain::log::{LogCursor, LogEntry, LogStream};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use logs::{LogQuery, Place};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::representation::LogItem;
use super::wanted::{LevelWord, wanted};
use super::{cursor, refused};
use crate::auth::{ReadLogs, TenantAccess};
use crate::error::{ApiError, FieldError};
use crate::extract::Parameters;
use crate::state::ApiState;

/// Which part of the log, and as what.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportLogs {
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
    /// What follows this entry.
    after: Option<String>,
    /// `text` (a line each, with time and stream) or `ndjson` (a JSON object a line, as `GET …/logs` has them); text if left out.
    #[param(inline)]
    format: Option<Format>,
    /// Whether it is compressed by gzip.
    gzip: Option<bool>,
    /// How many bytes at most, before it is compressed; as many as the server gives if left out.
    #[param(minimum = 1)]
    bytes: Option<u64>,
}

/// What it is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LogFormat)]
pub(crate) enum Format {
    #[default]
    Text,
    Ndjson,
}

/// Entries read at once.
const STEP: u32 = 2000;

/// Export a tenant's log
///
/// The oldest first, streamed. One that reached its number of bytes says in its last line where to go on; an answer that is cut
/// short was not all: it ends without the last chunk. `log_cursor_gone`, `logs_unavailable`: as for a page.
#[utoipa::path(get, path = "/tenants/{id}/logs/export", tag = "logs", operation_id = "export_tenant_logs",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), ExportLogs),
    responses((status = 200, description = "The log; compressed, it is `application/gzip` of either",
        content((String = "text/plain"), (LogItem = "application/x-ndjson"), (String = "application/gzip")))))]
pub(crate) async fn export(
    TenantAccess { tenant, .. }: TenantAccess<ReadLogs>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<ExportLogs>,
) -> Result<Response, ApiError> {
    let most = state.settings.logs.export.0;
    let bytes = query.bytes.unwrap_or(most);
    if bytes == 0 || bytes > most {
        let detail = format!("`{bytes}` is no number of bytes here: between 1 and {most}");
        return Err(ApiError::invalid(FieldError::parameter("bytes", detail)));
    }
    let place = cursor("after", query.after.as_deref())?.map_or(Place::Oldest, Place::After);
    let wanted = wanted(query.level, query.query, query.regex)?;
    let asked = LogQuery { place, since: query.since, until: query.until, wanted, limit: STEP };
    let (format, gzip) = (query.format.unwrap_or_default(), query.gzip.unwrap_or_default());
    let mut writer =
        Writer { state, tenant: tenant.id, next: Some(asked), format, left: bytes, gzip: gzip.then(encoder) };
    // The first part decides whether there is an answer at all.
    let first = writer.part().await?.unwrap_or_default();
    let rest = stream::unfold(Some((writer, Some(first))), |export| async {
        let (mut writer, first) = export?;
        if let Some(first) = first {
            return Some((Ok(first), Some((writer, None))));
        }
        match writer.part().await {
            Ok(Some(part)) => Some((Ok(part), Some((writer, None)))),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, "an export of a log is cut short");
                Some((Err(std::io::Error::other("it can't be read on")), None))
            }
        }
    });
    Ok(answer(Body::from_stream(rest), &tenant.subdomain.to_string(), format, gzip))
}

fn answer(body: Body, name: &str, format: Format, gzip: bool) -> Response {
    let (kind, extension) = match format {
        Format::Text => ("text/plain; charset=utf-8", "log"),
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
    };
    let (kind, end) = if gzip { ("application/gzip", ".gz") } else { (kind, "") };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{extension}{end}\""));
    headers.insert(CONTENT_DISPOSITION, disposition.expect("a subdomain is ASCII"));
    response
}

/// What is left of an export.
struct Writer {
    state: ApiState,
    tenant: TenantId,
    /// What to read next; `None` once all is read.
    next: Option<LogQuery>,
    format: Format,
    /// Bytes that may still be written.
    left: u64,
    /// `None` also once it has ended.
    gzip: Option<GzEncoder<Vec<u8>>>,
}

fn encoder() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::fast())
}

impl Writer {
    /// The next part; `None` at the end.
    async fn part(&mut self) -> Result<Option<Bytes>, ApiError> {
        let Some(query) = self.next.take() else { return Ok(self.end()) };
        if self.state.stop.is_cancelled() {
            return Err(ApiError::LogsUnavailable("the platform is about to end".to_owned()));
        }
        let page = self.state.logs.read(self.tenant, query.clone()).await.map_err(refused)?;
        let mut text = String::new();
        let mut cut = None;
        let mut last = None;
        for entry in page.entries {
            let cursor = entry.cursor();
            let line = self.line(entry);
            if line.len() as u64 > self.left {
                cut = Some(last);
                break;
            }
            self.left -= line.len() as u64;
            text.push_str(&line);
            last = Some(cursor);
        }
        match cut {
            Some(last) => text.push_str(&self.notice(last)),
            None => {
                let more = page.after.filter(|_| page.more);
                self.next = more.map(|after| LogQuery { place: Place::After(after), ..query });
            }
        }
        Ok(Some(self.pack(text)))
    }

    fn line(&self, entry: LogEntry) -> String {
        match self.format {
            Format::Ndjson => serde_json::to_string(&entry).expect("plain structs have a JSON") + "\n",
            Format::Text => text(entry),
        }
    }

    /// That there is more than may be written.
    fn notice(&self, last: Option<LogCursor>) -> String {
        let after = last.map(|last| last.to_string());
        match self.format {
            Format::Ndjson => format!("{}\n", serde_json::json!({ "type": "truncated", "after": after })),
            Format::Text => format!("# cut here; go on with after={}\n", after.unwrap_or_default()),
        }
    }

    fn pack(&mut self, text: String) -> Bytes {
        let Some(gzip) = &mut self.gzip else { return text.into() };
        // Into memory, so it can't fail.
        let _written = gzip.write_all(text.as_bytes()).and_then(|()| gzip.flush());
        std::mem::take(gzip.get_mut()).into()
    }

    fn end(&mut self) -> Option<Bytes> {
        Some(self.gzip.take()?.finish().unwrap_or_default().into())
    }
}

/// An entry as a line for people.
fn text(entry: LogEntry) -> String {
    let at = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
    match entry {
        LogEntry::Line(line) => {
            let stream = match line.stream {
                LogStream::Stdout => "out",
                LogStream::Stderr => "err",
                LogStream::Platform => "---",
            };
            format!("{} {stream} {}\n", at(line.ts), line.text)
        }
        LogEntry::Gap(gap) => {
            let lost = gap.lost.map_or_else(|| "lines may be".to_owned(), |lost| format!("{lost} lines are"));
            format!("{} --- {lost} missing here\n", at(gap.cursor.at()))
        }
        LogEntry::Container(note) => {
            let event = serde_json::to_value(note.event).unwrap_or_default();
            let event = event.as_str().unwrap_or_default();
            format!("{} --- container {} {event}\n", at(note.ts), note.container)
        }
    }
}
