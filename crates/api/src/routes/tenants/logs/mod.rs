//! What tenants log.

pub(super) mod export;
pub(super) mod list;
mod representation;
pub(super) mod stream;
mod wanted;

pub(crate) use list::ListLogs;

use domain::log::LogCursor;
use logs::LogsError;

use crate::error::{ApiError, FieldError};

/// The cursor of a parameter.
fn cursor(name: &str, text: Option<&str>) -> Result<Option<LogCursor>, ApiError> {
    let cursor = text.map(LogCursor::parse).transpose();
    cursor.map_err(|error| ApiError::invalid(FieldError::parameter(name, error)))
}

/// What went wrong, for who asked.
fn refused(error: LogsError) -> ApiError {
    match error {
        LogsError::CursorGone => ApiError::LogCursorGone,
        LogsError::Filter(error) => ApiError::invalid(FieldError::parameter("query", error)),
        LogsError::Unavailable(why) => ApiError::LogsUnavailable(why),
    }
}
