//! The worker's logs, from another process on this host.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use domain::TenantId;
use domain::log::{EndReason, LogFrame};
use futures_util::StreamExt;
use futures_util::stream;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

use crate::wire::{Answer, Ask, Question, line, to_line};
use crate::{Frames, LogPage, LogQuery, LogSource, LogsError, Watch};

/// How long the worker may take to begin its answer: it asks the engine first.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer: a page of long lines.
const LONGEST: u64 = 256 << 20;

/// Asks over the worker's socket.
#[derive(Clone, Debug)]
pub struct Remote {
    socket: PathBuf,
}

/// One question's connection.
struct Connection {
    reader: BufReader<OwnedReadHalf>,
    /// Closed when this goes: so the worker knows that nobody watches.
    _writer: OwnedWriteHalf,
}

impl Remote {
    #[must_use]
    pub const fn new(socket: PathBuf) -> Self {
        Self { socket }
    }

    async fn ask(&self, tenant: TenantId, ask: Ask) -> Result<(Answer, Connection), LogsError> {
        let asked = async {
            let connection = UnixStream::connect(&self.socket).await?;
            let (reader, mut writer) = connection.into_split();
            writer.write_all(&to_line(&Question { tenant, ask })).await?;
            let mut connection = Connection { reader: BufReader::new(reader), _writer: writer };
            let answer = line(&mut connection.reader, LONGEST).await;
            let answer = answer.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
            Ok((serde_json::from_slice(&answer)?, connection))
        };
        let unavailable =
            |why: &dyn std::fmt::Display| LogsError::Unavailable(format!("the worker doesn't answer ({why})"));
        match timeout(PATIENCE, asked).await {
            Ok(Ok((Answer::Error(failure), _))) => Err(failure.into()),
            Ok(answer) => answer.map_err(|error: std::io::Error| unavailable(&error)),
            Err(_) => Err(unavailable(&"it takes too long")),
        }
    }
}

#[async_trait]
impl LogSource for Remote {
    async fn read(&self, tenant: TenantId, query: LogQuery) -> Result<LogPage, LogsError> {
        match self.ask(tenant, Ask::Read(query)).await? {
            (Answer::Page(page), _) => Ok(page),
            (Answer::Watching | Answer::Error(_), _) => {
                Err(LogsError::Unavailable("the worker answers something else".to_owned()))
            }
        }
    }

    async fn watch(&self, tenant: TenantId, watch: Watch) -> Result<Frames, LogsError> {
        let (_, connection) = self.ask(tenant, Ask::Watch(watch)).await?;
        Ok(stream::unfold(Some(connection), |connection| async {
            let mut connection = connection?;
            let Some(frame) = line(&mut connection.reader, LONGEST).await else {
                // A worker that dies says nothing.
                let end = LogFrame::End { reason: EndReason::Unavailable };
                return Some((serde_json::to_vec(&end).expect("a plain struct has a JSON").into(), None));
            };
            let last = frame.starts_with(br#"{"type":"end""#);
            Some((frame.into(), (!last).then_some(connection)))
        })
        .boxed())
    }
}
