//! Lines out of an engine's pieces, and where to go on reading.
//!
//! An engine splits a long line into pieces of [`PIECE`] bytes; the last ends with the line break. A shorter piece without
//! one is the end of what a process wrote, and a line. Pieces of the two streams lie in one order in the engine's files,
//! which is not quite that of their times; within a stream, times don't go back.
//!
//! What was kept of a container is a beginning of that order. So to go on one reads from a little before the last line
//! kept, drops what each stream's cursor has passed, and knows whether anything is missing by whether that last line was
//! seen again.

use serde::{Deserialize, Serialize};

use super::cursor::{LogCursor, LogSource, LogStream};

/// What an engine splits lines at.
pub const PIECE: usize = 16 << 10;

/// A piece of a line as the engine hands it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    pub stream: LogStream,
    pub nanos: i64,
    /// Without the line break.
    pub text: &'a [u8],
    /// Whether a line break ended it.
    pub ended: bool,
}

/// A line as the app wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawLine {
    pub cursor: LogCursor,
    pub bytes: Vec<u8>,
    /// Bytes beyond the limit.
    pub cut: u64,
}

/// Puts one container's pieces together, from any point of its log on.
#[derive(Clone, Debug)]
pub struct Joiner {
    source: LogSource,
    /// Bytes kept of a line.
    limit: usize,
    open: [Option<RawLine>; 2],
    /// The last cursor given out, by stream.
    last: [Option<Spot>; 2],
}

/// Where one stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Spot {
    nanos: i64,
    ordinal: u32,
}

const fn index(stream: LogStream) -> usize {
    match stream {
        LogStream::Stdout | LogStream::Platform => 0,
        LogStream::Stderr => 1,
    }
}

impl Joiner {
    #[must_use]
    pub const fn new(source: LogSource, limit: usize) -> Self {
        Self { source, limit, open: [None, None], last: [None, None] }
    }

    /// A line, if this piece ends one.
    pub fn push(&mut self, piece: Piece<'_>) -> Option<RawLine> {
        let goes_on = !piece.ended && piece.text.len() >= PIECE;
        let mut line = match self.open[index(piece.stream)].take() {
            Some(open) => open,
            None => RawLine { cursor: self.name(piece.stream, piece.nanos), bytes: Vec::new(), cut: 0 },
        };
        let room = self.limit.saturating_sub(line.bytes.len()).min(piece.text.len());
        line.bytes.extend_from_slice(&piece.text[..room]);
        line.cut += (piece.text.len() - room) as u64;
        if goes_on {
            self.open[index(piece.stream)] = Some(line);
            return None;
        }
        Some(line)
    }

    /// What has come of lines that will not be ended: the container is.
    pub fn finish(&mut self) -> impl Iterator<Item = RawLine> {
        let mut rest: Vec<RawLine> = self.open.iter_mut().filter_map(Option::take).collect();
        rest.sort_by_key(|line| line.cursor.nanos);
        rest.into_iter()
    }

    fn name(&mut self, stream: LogStream, nanos: i64) -> LogCursor {
        let last = &mut self.last[index(stream)];
        let ordinal = last.filter(|last| last.nanos == nanos).map_or(0, |last| last.ordinal.saturating_add(1));
        *last = Some(Spot { nanos, ordinal });
        LogCursor { source: self.source, stream, nanos, ordinal }
    }
}

/// How much of a container's log is kept: of each stream the line of the latest time, and the very last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Harvested {
    stdout: Option<Spot>,
    stderr: Option<Spot>,
    /// The very last; of an earlier time than those where a clock was set back.
    #[serde(default)]
    last: Option<Spot>,
    /// The stream of the very last.
    #[serde(default)]
    last_is_stderr: bool,
}

/// How far before the last line reading begins again: the most two streams are out of order.
const SLACK_NANOS: i64 = 5_000_000_000;

impl Harvested {
    /// Counts a line as kept.
    pub fn keep(&mut self, cursor: &LogCursor) {
        let spot = Spot { nanos: cursor.nanos, ordinal: cursor.ordinal };
        self.last_is_stderr = index(cursor.stream) == 1;
        self.last = Some(spot);
        let latest = if self.last_is_stderr { &mut self.stderr } else { &mut self.stdout };
        *latest = (*latest).max(Some(spot));
    }

    /// The time of the last line kept, in nanoseconds; `None`: none was.
    #[must_use]
    pub fn last(&self) -> Option<i64> {
        self.last_spot().map(|spot| spot.nanos)
    }

    /// From when on to read again, in nanoseconds; `None`: from the beginning.
    #[must_use]
    pub fn since(&self) -> Option<i64> {
        self.last().map(|nanos| nanos.saturating_sub(SLACK_NANOS))
    }

    /// Of each stream the later.
    #[must_use]
    pub fn furthest(self, other: Self) -> Self {
        Self { stdout: self.stdout.max(other.stdout), stderr: self.stderr.max(other.stderr), ..self }
    }

    /// Whether the other has nothing beyond it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.stdout >= other.stdout && self.stderr >= other.stderr
    }

    /// Names the last line kept of a container.
    #[must_use]
    pub fn cursor(&self, source: LogSource) -> Option<LogCursor> {
        let stream = if self.last_is_stderr { LogStream::Stderr } else { LogStream::Stdout };
        self.last_spot().map(|Spot { nanos, ordinal }| LogCursor { source, stream, nanos, ordinal })
    }

    /// Whether that line, or a later one of its stream, was kept.
    #[must_use]
    pub fn has(&self, cursor: &LogCursor) -> bool {
        let spot = Spot { nanos: cursor.nanos, ordinal: cursor.ordinal };
        self.spot(cursor.stream).is_some_and(|kept| spot <= kept)
    }

    fn last_spot(&self) -> Option<Spot> {
        self.last.or(if self.last_is_stderr { self.stderr } else { self.stdout })
    }

    const fn spot(&self, stream: LogStream) -> Option<Spot> {
        match stream {
            LogStream::Stdout | LogStream::Platform => self.stdout,
            LogStream::Stderr => self.stderr,
        }
    }
}

/// Tells, of lines read again from [`Harvested::since`] on, which are new.
#[derive(Clone, Copy, Debug)]
pub struct Resume {
    kept: Harvested,
    /// Whether the last line kept has been seen again, or there is none, or what is missing was told.
    whole: bool,
    /// Whether ordinals count from the first of their nanosecond: reading began at one before the last line's.
    from_before: bool,
}

/// What a line read again is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    Kept,
    New,
    /// New, and between it and what is kept something may be missing.
    NewAfterGap,
}

impl Resume {
    #[must_use]
    pub fn after(kept: Harvested) -> Self {
        Self { kept, whole: kept.last_spot().is_none(), from_before: true }
    }

    /// The same, where reading begins anywhere, as it does from an end.
    #[must_use]
    pub fn from_anywhere(kept: Harvested) -> Self {
        Self { from_before: false, ..Self::after(kept) }
    }

    /// Whether the last line kept was seen again, or there was none.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.whole
    }

    pub fn judge(&mut self, cursor: &LogCursor) -> Judgement {
        // What stands behind the last line kept is new, whatever its time.
        if self.whole {
            return Judgement::New;
        }
        let spot = Spot { nanos: cursor.nanos, ordinal: cursor.ordinal };
        let is_of_last = (index(cursor.stream) == 1) == self.kept.last_is_stderr;
        self.from_before |= is_of_last && self.kept.last().is_none_or(|last| spot.nanos < last);
        if self.kept.has(cursor) {
            self.whole = is_of_last && self.from_before && self.kept.last_spot() == Some(spot);
            return Judgement::Kept;
        }
        self.whole = true;
        Judgement::NewAfterGap
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SOURCE: LogSource = LogSource::PLATFORM;

    fn piece(stream: LogStream, nanos: i64, text: &[u8], ended: bool) -> Piece<'_> {
        Piece { stream, nanos, text, ended }
    }

    #[test]
    fn pieces_are_joined_by_stream_and_a_short_unended_one_is_a_line() {
        let mut joiner = Joiner::new(SOURCE, 1 << 20);
        let long = vec![b'x'; PIECE];
        assert_eq!(joiner.push(piece(LogStream::Stdout, 1, &long, false)), None);
        let other = joiner.push(piece(LogStream::Stderr, 2, b"other", true)).unwrap();
        assert_eq!((other.bytes.as_slice(), other.cursor.nanos), (&b"other"[..], 2));
        let line = joiner.push(piece(LogStream::Stdout, 3, b"end", true)).unwrap();
        assert_eq!((line.bytes.len(), line.cursor.nanos), (PIECE + 3, 1));
        assert_eq!(joiner.push(piece(LogStream::Stdout, 4, b"un", false)).unwrap().bytes, b"un");
        assert_eq!(joiner.push(piece(LogStream::Stdout, 5, b"next", true)).unwrap().bytes, b"next");
        assert_eq!(joiner.push(piece(LogStream::Stdout, 6, &long, false)), None);
        assert_eq!(joiner.finish().count(), 1);
    }

    #[test]
    fn a_line_of_a_megabyte_is_kept_to_its_limit() {
        let mut joiner = Joiner::new(SOURCE, 20_000);
        let long = vec![b'x'; PIECE];
        for _ in 0..64 {
            assert_eq!(joiner.push(piece(LogStream::Stdout, 1, &long, false)), None);
        }
        let line = joiner.push(piece(LogStream::Stdout, 1, b"", true)).unwrap();
        assert_eq!((line.bytes.len(), line.cut), (20_000, (64 * PIECE - 20_000) as u64));
    }

    #[test]
    fn a_last_line_that_is_not_seen_again_is_a_gap() {
        let at = |nanos| LogCursor { source: SOURCE, stream: LogStream::Stdout, nanos, ordinal: 0 };
        let mut kept = Harvested::default();
        assert_eq!(Resume::after(kept).judge(&at(5)), Judgement::New);
        kept.keep(&at(5));
        let mut resume = Resume::after(kept);
        assert_eq!([4, 5, 6].map(|nanos| resume.judge(&at(nanos))), [Judgement::Kept, Judgement::Kept, Judgement::New]);
        let mut resume = Resume::after(kept);
        assert_eq!([7, 8].map(|nanos| resume.judge(&at(nanos))), [Judgement::NewAfterGap, Judgement::New]);
    }

    #[test]
    fn where_reading_begins_anywhere_the_last_line_must_not_be_the_first_of_its_time() {
        let at = |nanos| LogCursor { source: SOURCE, stream: LogStream::Stdout, nanos, ordinal: 0 };
        let mut kept = Harvested::default();
        kept.keep(&at(5));
        let mut resume = Resume::from_anywhere(kept);
        assert_eq!([5, 6].map(|nanos| resume.judge(&at(nanos))), [Judgement::Kept, Judgement::NewAfterGap]);
        let mut resume = Resume::from_anywhere(kept);
        assert_eq!([4, 5, 6].map(|nanos| resume.judge(&at(nanos))), [Judgement::Kept, Judgement::Kept, Judgement::New]);
    }

    /// A log in an engine's order: within a stream times don't go back, between them they do by a little.
    fn log() -> impl Strategy<Value = Vec<(LogStream, i64)>> {
        proptest::collection::vec((any::<bool>(), 0..3_i64, 0..4_i64), 0..60).prop_map(|steps| {
            let (mut now, mut last) = (1_000_000_000_000, [0, 0]);
            let line = |(err, step, behind): (bool, i64, i64)| {
                now += step;
                let at = (now - behind).max(last[usize::from(err)]);
                last[usize::from(err)] = at;
                (if err { LogStream::Stderr } else { LogStream::Stdout }, at)
            };
            steps.into_iter().map(line).collect()
        })
    }

    #[test]
    fn lines_after_a_clock_was_set_back_are_kept_once() {
        let at = |nanos| LogCursor { source: SOURCE, stream: LogStream::Stdout, nanos, ordinal: 0 };
        let log = [10, 11, 12, 3, 4, 5];
        for stop in 1..log.len() {
            let (mut kept, mut harvested) = (Vec::new(), Harvested::default());
            for stop in [stop, log.len()] {
                let mut resume = Resume::after(harvested);
                for nanos in &log[..stop] {
                    match resume.judge(&at(*nanos)) {
                        Judgement::Kept => continue,
                        Judgement::New => kept.push(*nanos),
                        Judgement::NewAfterGap => panic!("nothing is missing"),
                    }
                    harvested.keep(&at(*nanos));
                }
            }
            assert_eq!(kept, log, "{stop}");
        }
    }

    proptest! {
        /// Interrupted anywhere, any number of times, each line is kept exactly once, in the engine's order.
        #[test]
        fn whatever_interrupts_each_line_is_kept_once(log in log(), stops in proptest::collection::vec(0..60_usize, 0..5)) {
            let (mut kept, mut harvested) = (Vec::new(), Harvested::default());
            for stop in stops.into_iter().chain([usize::MAX]) {
                let since = harvested.since().unwrap_or(i64::MIN);
                let (mut joiner, mut resume) = (Joiner::new(SOURCE, 100), Resume::after(harvested));
                for (number, (stream, nanos)) in log.iter().enumerate().take(stop).filter(|(_, (_, at))| *at >= since) {
                    let text = number.to_string();
                    let line = joiner.push(piece(*stream, *nanos, text.as_bytes(), true)).unwrap();
                    match resume.judge(&line.cursor) {
                        Judgement::Kept => {}
                        Judgement::New => {
                            harvested.keep(&line.cursor);
                            kept.push(line.bytes);
                        }
                        Judgement::NewAfterGap => prop_assert!(false, "nothing is missing"),
                    }
                }
            }
            let all: Vec<Vec<u8>> = (0..log.len()).map(|number| number.to_string().into_bytes()).collect();
            prop_assert_eq!(kept, all);
        }
    }
}
