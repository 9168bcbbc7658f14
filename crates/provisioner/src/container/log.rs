//! A container's log as the engine hands it out.

use bytes::Bytes;
use domain::log::{LogStream, Piece};
use futures_util::stream::BoxStream;

use super::EngineError;

/// Which part of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogRange {
    /// In nanoseconds since 1970: pieces of that second and later ones, at least; `None`: from the beginning.
    pub since: Option<i64>,
    /// Of these only the last so many, to begin with: an engine finds them without reading all that is before. The first may
    /// be the rest of a line.
    pub tail: Option<u32>,
    /// Whether to go on with what is written from now on.
    pub follow: bool,
}

/// A line, or a piece of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPiece {
    pub stream: LogStream,
    /// When the engine took it from the container.
    pub nanos: i64,
    /// Without the line break.
    pub text: Bytes,
    /// Whether a line break ended it.
    pub ended: bool,
}

impl LogPiece {
    #[must_use]
    pub fn as_piece(&self) -> Piece<'_> {
        Piece { stream: self.stream, nanos: self.nanos, text: &self.text, ended: self.ended }
    }
}

/// Pieces as they come, as many at once as lie ready: never none, at most a thousand or so.
pub type LogPieces = BoxStream<'static, Result<Vec<LogPiece>, EngineError>>;
