//! The worker's end of the socket.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::wire::{Answer, Ask, Question, line, to_line};
use crate::{Frames, LogSource, LogsError};

/// Whoever may write to the socket may read every tenant's log: the account, and its group.
const MODE: u32 = 0o660;
/// Questions at once.
const CONNECTIONS: usize = 4096;
/// How long a question may take to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest question.
const LONGEST: u64 = 64 << 10;

/// Listens at that path. What a process that died has left there goes.
///
/// # Errors
/// [`std::io::Error`] if something else is there, or its folder isn't.
pub fn listen(path: &Path) -> std::io::Result<UnixListener> {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => return Err(std::io::ErrorKind::AddrInUse.into()),
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
        Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(MODE))?;
    Ok(listener)
}

/// Answers, for as long as it is polled; what is under way ends with it.
pub async fn serve(listener: UnixListener, source: Arc<dyn LogSource>) {
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            _ended = open.join_next(), if !open.is_empty() => {}
            accepted = listener.accept(), if open.len() < CONNECTIONS => match accepted {
                Ok((connection, _)) => {
                    let source = Arc::clone(&source);
                    // Whoever asks is gone, or has what they wanted: nothing is left to do about an error.
                    open.spawn(async move { drop(answer(connection, &*source).await) });
                }
                // Out of file descriptors, mostly: trying again at once would only burn the processor.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

async fn answer(connection: UnixStream, source: &dyn LogSource) -> std::io::Result<()> {
    let (reader, mut writer) = connection.into_split();
    let mut reader = BufReader::new(reader);
    let question = tokio::time::timeout(PATIENCE, line(&mut reader, LONGEST)).await;
    let Ok(Some(question)) = question else { return Ok(()) };
    let answer = match serde_json::from_slice::<Question>(&question) {
        Ok(Question { tenant, ask: Ask::Read(query) }) => source.read(tenant, query).await.map(Answer::Page),
        Ok(Question { tenant, ask: Ask::Watch(watch) }) => match source.watch(tenant, watch).await {
            Ok(frames) => {
                writer.write_all(&to_line(&Answer::Watching)).await?;
                return tokio::select! {
                    sent = send(&mut writer, frames) => sent,
                    // They say nothing more: the end is that they are gone.
                    _ = reader.read_u8() => Ok(()),
                };
            }
            Err(error) => Err(error),
        },
        Err(error) => Err(LogsError::Unavailable(format!("the question can't be read: {error}"))),
    };
    let answer = answer.unwrap_or_else(|error| Answer::Error(error.into()));
    writer.write_all(&to_line(&answer)).await
}

async fn send(writer: &mut (impl tokio::io::AsyncWrite + Unpin), mut frames: Frames) -> std::io::Result<()> {
    while let Some(frame) = frames.next().await {
        writer.write_all(&frame).await?;
        writer.write_all(b"\n").await?;
    }
    Ok(())
}
