//! What containers have said.

use chrono::{DateTime, Utc};
use domain::log::LogStream;
use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState};
use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::watch;

use super::behaviour::Behaviour;
use super::fault::unavailable;
use super::{Call, FakeEngine, lock};
use crate::container::{EngineError, LogPiece, LogPieces, LogRange};

/// Pieces handed out at once.
const AT_ONCE: usize = 1024;
const SECOND: i64 = 1_000_000_000;

/// One container's log.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    pieces: Vec<LogPiece>,
    /// How many were forgotten before these.
    rotated: usize,
}

impl Log {
    /// What it says at a start.
    pub(super) fn take_all(&mut self, behaviour: &Behaviour, now: DateTime<Utc>) {
        for (number, text) in behaviour.log.iter().enumerate() {
            let stream = if behaviour.errors.contains(&number) { LogStream::Stderr } else { LogStream::Stdout };
            self.take(stream, text, now);
        }
    }

    pub(super) fn take(&mut self, stream: LogStream, text: &str, now: DateTime<Utc>) {
        let nanos = now.timestamp_nanos_opt().unwrap_or_default();
        self.pieces.push(LogPiece { stream, nanos, text: text.to_owned().into(), ended: true });
    }

    pub(super) fn rotate(&mut self, keep: usize) {
        let gone = self.pieces.len().saturating_sub(keep);
        self.pieces.drain(..gone);
        self.rotated += gone;
    }

    /// The last lines, within both limits.
    pub(super) fn tail(&self, lines: u32, limit: Bytes) -> Vec<String> {
        let most = usize::try_from(lines).unwrap_or(usize::MAX);
        let mut left = usize::try_from(limit.0).unwrap_or(usize::MAX);
        let fits = |piece: &&LogPiece| {
            let fits = piece.text.len() <= left;
            left = left.saturating_sub(piece.text.len());
            fits
        };
        let last = self.pieces.iter().rev().take(most).take_while(fits);
        let mut last: Vec<String> = last.map(|piece| String::from_utf8_lossy(&piece.text).into_owned()).collect();
        last.reverse();
        last
    }

    /// Which of all it ever had is the first of the last so many.
    fn begin_of(&self, tail: Option<u32>) -> usize {
        let tail = tail.map_or(usize::MAX, |tail| usize::try_from(tail).unwrap_or(usize::MAX));
        self.rotated + self.pieces.len().saturating_sub(tail)
    }

    /// Some that are not older, from the `next`th it ever had on, and which comes then.
    fn from(&self, next: usize, since: Option<i64>) -> (Vec<LogPiece>, usize) {
        let from_second = since.map_or(i64::MIN, |nanos| nanos.div_euclid(SECOND) * SECOND);
        let begin = next.saturating_sub(self.rotated).min(self.pieces.len());
        let end = self.pieces.len().min(begin + AT_ONCE);
        let pieces = self.pieces[begin..end].iter().filter(|piece| piece.nanos >= from_second).cloned().collect();
        (pieces, self.rotated + end)
    }
}

/// A log that is being read.
struct Reader {
    engine: FakeEngine,
    id: ContainerId,
    range: LogRange,
    next: usize,
    changes: watch::Receiver<()>,
    cuts: watch::Receiver<u64>,
}

impl FakeEngine {
    pub(super) fn pieces(&self, id: ContainerId, range: LogRange) -> LogPieces {
        let (changes, cuts) = (self.0.changes.subscribe(), self.0.cuts.subscribe());
        let next = lock(&self.0.world).containers.get(&id).map_or(0, |kept| kept.log.begin_of(range.tail));
        let reader = Reader { engine: self.clone(), id, range, next, changes, cuts };
        stream::unfold(Some(reader), |reader| async {
            let mut reader = reader?;
            match reader.next().await? {
                Ok(pieces) => Some((Ok(pieces), Some(reader))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }
}

impl Reader {
    async fn next(&mut self) -> Option<Result<Vec<LogPiece>, EngineError>> {
        loop {
            if self.cuts.has_changed().unwrap_or(true) {
                return Some(Err(unavailable(Call::ReadLog, "it closed the stream")));
            }
            self.changes.mark_unchanged();
            let (pieces, runs, at_end) = match self.look() {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            };
            if !pieces.is_empty() {
                return Some(Ok(pieces));
            }
            if at_end && !(self.range.follow && runs) {
                return None;
            }
            if at_end {
                tokio::select! {
                    _ = self.changes.changed() => {}
                    _ = self.cuts.changed() => return Some(Err(unavailable(Call::ReadLog, "it closed the stream"))),
                }
            }
        }
    }

    fn look(&mut self) -> Result<(Vec<LogPiece>, bool, bool), EngineError> {
        let world = lock(&self.engine.0.world);
        let gone = || EngineError::NotFound { what: format!("container {}", self.id) };
        let kept = world.containers.get(&self.id).ok_or_else(gone)?;
        let (pieces, next) = kept.log.from(self.next, self.range.since);
        let at_end = next == kept.log.rotated + kept.log.pieces.len();
        self.next = next;
        let runs = matches!(kept.state, ContainerState::Running { .. } | ContainerState::Paused);
        Ok((pieces, runs, at_end))
    }
}
