//! What goes over the socket: JSON, a line each, one question a connection.
//!
//! | question | answer |
//! |---|---|
//! | `{"tenant":…,"ask":{"read":…}}` | `{"page":…}` or `{"error":…}` |
//! | `{"tenant":…,"ask":{"watch":…}}` | `"watching"` or `{"error":…}`, then a frame a line, to the end |
//!
//! Both ends are one program of one version: nothing here is promised to others.

use domain::TenantId;
use domain::log::FilterError;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

use crate::{LogPage, LogQuery, LogsError, Watch};

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) tenant: TenantId,
    pub(crate) ask: Ask,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    Read(LogQuery),
    Watch(Watch),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Page(LogPage),
    Watching,
    Error(Failure),
}

/// [`LogsError`], as it is sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    CursorGone,
    TooLong,
    NoExpression { query: String, why: String },
    Unavailable(String),
}

impl From<LogsError> for Failure {
    fn from(error: LogsError) -> Self {
        match error {
            LogsError::CursorGone => Self::CursorGone,
            LogsError::Filter(FilterError::TooLong) => Self::TooLong,
            LogsError::Filter(FilterError::NoExpression { query, why }) => Self::NoExpression { query, why },
            LogsError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

impl From<Failure> for LogsError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::CursorGone => Self::CursorGone,
            Failure::TooLong => Self::Filter(FilterError::TooLong),
            Failure::NoExpression { query, why } => Self::Filter(FilterError::NoExpression { query, why }),
            Failure::Unavailable(why) => Self::Unavailable(why),
        }
    }
}

/// The next line, without its end; `None` at the end, for half a line, and for one longer than `most` bytes.
pub(crate) async fn line(reader: &mut (impl AsyncBufRead + Unpin), most: u64) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    reader.take(most).read_until(b'\n', &mut line).await.ok()?;
    (line.pop() == Some(b'\n')).then_some(line)
}

/// Something as a line.
pub(crate) fn to_line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).expect("plain structs have a JSON");
    line.push(b'\n');
    line
}
