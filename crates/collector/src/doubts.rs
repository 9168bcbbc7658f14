//! What a followed log may have left out, or said before.
//!
//! An engine that is followed (Docker's json-file, seen with 20.10) opens the newest file when one is rotated. What it has read
//! of that already comes again, with the same times; of files that came and went since it last looked nothing comes, and the
//! times leap by at least what it takes to fill one. A leap alone says nothing: most apps rest. So it counts only beside a fast log.

use std::time::Duration;

use domain::log::LogStream;
use provisioner::container::{LogPiece, LogRotation};
use tokio::time::Instant;

use crate::reading::ENGINE_OVERHEAD;

/// No engine writes a log faster, in bytes a second.
const FASTEST: u64 = 200 << 20;
/// A log is fast that has filled this part of a file within one or two windows.
const FAST_PART: u64 = 16;
const WINDOW: Duration = Duration::from_secs(5);
/// So many pieces that lay ready at once are a burst.
const BURST: usize = 512;

/// Of one container, since it was last followed anew.
#[derive(Debug)]
pub(crate) struct Doubts {
    file: u64,
    /// Whether the look before this found anything: then the engine may have begun to follow a file that was rotated since.
    fresh: bool,
    /// Of stdout and stderr.
    last: [Option<i64>; 2],
    newest: Option<i64>,
    /// The piece before, if it ended a line.
    before: Option<LogPiece>,
    /// Bytes of this window, and of the one before.
    bytes: [u64; 2],
    since: Instant,
    bursts: bool,
}

impl Doubts {
    pub(crate) fn new(rotation: LogRotation, fresh: bool) -> Self {
        let (file, since) = (rotation.size.0, Instant::now());
        Self { file, fresh, last: [None; 2], newest: None, before: None, bytes: [0; 2], since, bursts: false }
    }

    /// Takes notice of what comes at once.
    pub(crate) fn count(&mut self, pieces: &[LogPiece], now: Instant) {
        if now >= self.since + WINDOW {
            let stale = now >= self.since + 2 * WINDOW;
            self.bytes = [0, if stale { 0 } else { self.bytes[0] }];
            self.since = now;
        }
        self.bytes[0] += pieces.iter().map(|piece| piece.text.len() as u64 + ENGINE_OVERHEAD).sum::<u64>();
        self.bursts = pieces.len() >= BURST;
    }

    /// Whether what comes with this piece is not to be believed. `new`: whether it stands behind what is kept; what is before that
    /// was not followed.
    pub(crate) fn doubts(&mut self, piece: &LogPiece, new: bool) -> bool {
        let stream = usize::from(piece.stream == LogStream::Stderr);
        let again = self.last[stream].is_some_and(|last| piece.nanos < last) || self.before.as_ref() == Some(piece);
        let leap = self.newest.map_or(0, |newest| piece.nanos.saturating_sub(newest));
        if new && (again || (leap >= self.least_leap() && self.is_fast())) {
            return true;
        }
        self.last[stream] = Some(piece.nanos);
        self.newest = self.newest.max(Some(piece.nanos));
        self.before = piece.ended.then(|| piece.clone());
        false
    }

    /// Whether silence may be that of a file nobody writes to any more.
    pub(crate) fn is_due_in_silence(&self) -> bool {
        self.fresh || self.is_fast()
    }

    fn is_fast(&self) -> bool {
        self.bursts || self.bytes[0] + self.bytes[1] >= self.file / FAST_PART
    }

    /// What it takes at least to fill a file, in nanoseconds.
    fn least_leap(&self) -> i64 {
        i64::try_from(self.file.saturating_mul(1_000_000_000) / FASTEST).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn piece(nanos: i64, text: &str) -> LogPiece {
        LogPiece { stream: LogStream::Stdout, nanos, text: text.to_owned().into(), ended: true }
    }

    fn of_log(pieces: usize) -> Doubts {
        let mut doubts = Doubts::new(LogRotation::DEFAULT, false);
        doubts.count(&vec![piece(0, "a line of some words"); pieces], Instant::now());
        doubts
    }

    #[test]
    fn a_leap_counts_beside_a_fast_log_alone() {
        for (pieces, doubted) in [(10, false), (BURST, true), (10_000, true)] {
            let mut doubts = of_log(pieces);
            assert!(!doubts.doubts(&piece(1, "a"), true));
            assert!(!doubts.doubts(&piece(40 * MS, "b"), true), "no file is filled so soon");
            assert_eq!(doubts.doubts(&piece(100 * MS, "c"), true), doubted, "{pieces}");
        }
    }

    #[test]
    fn what_comes_again_is_doubted_and_what_was_not_followed_is_not() {
        for (time, text, doubted) in [(5, "b", true), (6, "a", true), (6, "b", false), (7, "a", false)] {
            let mut doubts = of_log(1);
            assert!(!doubts.doubts(&piece(6, "a"), true));
            assert_eq!(doubts.doubts(&piece(time, text), true), doubted, "{time} {text}");
        }
        let mut doubts = of_log(BURST);
        assert!([9, 5, 900 * MS].iter().all(|time| !doubts.doubts(&piece(*time, "a"), false)));
    }
}
