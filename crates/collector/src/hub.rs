//! What has come, on its way to whoever watches: put together once, sent to all.
//!
//! A viewer has a queue of batches. One whose queue is full is skipped, and told exactly what as soon as it has taken the rest;
//! nobody waits for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::log::{EndReason, LogCursor, LogEntry, LogFrame};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A frame of lines, around their JSON.
pub(crate) const LINES: (&[u8], &[u8]) = (br#"{"type":"lines","lines":["#, b"]}");

/// What is sent at once.
#[derive(Debug)]
pub(crate) struct Batch {
    /// The frame for those who want everything.
    pub(crate) frame: Bytes,
    /// For those who don't.
    pub(crate) entries: Vec<LogEntry>,
    first: LogCursor,
    last: LogCursor,
    count: u64,
}

/// How batches are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) period: Duration,
    pub(crate) lines: u64,
    pub(crate) bytes: usize,
    pub(crate) queue: usize,
}

#[derive(Debug)]
pub(crate) struct Hub {
    shape: Shape,
    seats: Vec<Seat>,
    last_id: u64,
    open: Option<Open>,
    sent: Option<Instant>,
}

/// A batch of lines that is being put together.
#[derive(Debug)]
struct Open {
    frame: Vec<u8>,
    entries: Vec<LogEntry>,
    first: LogCursor,
    last: LogCursor,
    count: u64,
    since: Instant,
}

#[derive(Debug)]
struct Seat {
    id: u64,
    queue: mpsc::Sender<Arc<Batch>>,
    notes: Arc<Mutex<Notes>>,
    /// Whether it reads entries rather than the frame.
    sieves: bool,
}

/// What is told between batches.
#[derive(Debug, Default)]
struct Notes {
    lag: Option<Lag>,
    end: Option<EndReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lag {
    skipped: u64,
    from: LogCursor,
    to: LogCursor,
}

/// The viewer's end.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) id: u64,
    batches: mpsc::Receiver<Arc<Batch>>,
    notes: Arc<Mutex<Notes>>,
}

/// What comes out of a queue.
#[derive(Debug)]
pub(crate) enum Next {
    Batch(Arc<Batch>),
    Lagged(LogFrame),
    End(EndReason),
}

impl Hub {
    pub(crate) const fn new(shape: Shape) -> Self {
        Self { shape, seats: Vec::new(), last_id: 0, open: None, sent: None }
    }

    pub(crate) fn sit(&mut self, sieves: bool) -> Queue {
        self.last_id += 1;
        let (queue, batches) = mpsc::channel(self.shape.queue);
        let notes = Arc::new(Mutex::default());
        self.seats.push(Seat { id: self.last_id, queue, notes: Arc::clone(&notes), sieves });
        Queue { id: self.last_id, batches, notes }
    }

    /// Whether nobody watches any more.
    pub(crate) fn leave(&mut self, id: u64) -> bool {
        self.seats.retain(|seat| seat.id != id);
        if self.seats.is_empty() {
            self.open = None;
        }
        self.seats.is_empty()
    }

    pub(crate) const fn viewers(&self) -> usize {
        self.seats.len()
    }

    /// Takes a line; `json` is its own.
    pub(crate) fn line(&mut self, entry: LogEntry, json: &[u8], now: Instant) {
        if self.seats.is_empty() {
            return;
        }
        let cursor = entry.cursor();
        let begin =
            || Open { frame: LINES.0.to_vec(), entries: Vec::new(), first: cursor, last: cursor, count: 0, since: now };
        let open = self.open.get_or_insert_with(begin);
        if open.count > 0 {
            open.frame.push(b',');
        }
        open.frame.extend_from_slice(json);
        (open.last, open.count) = (cursor, open.count + 1);
        if self.seats.iter().any(|seat| seat.sieves) {
            open.entries.push(entry);
        }
        if open.count >= self.shape.lines || open.frame.len() >= self.shape.bytes {
            self.flush(now);
        }
    }

    /// Takes anything else, behind the lines before it.
    pub(crate) fn note(&mut self, entry: LogEntry, now: Instant) {
        if self.seats.is_empty() {
            return;
        }
        self.flush(now);
        let cursor = entry.cursor();
        let frame = frame_of(&entry);
        self.send(Batch { frame, entries: vec![entry], first: cursor, last: cursor, count: 1 });
    }

    /// When [`Self::flush`] is due; `None`: nothing waits.
    pub(crate) fn due(&self) -> Option<Instant> {
        let open = self.open.as_ref()?;
        Some(self.sent.map_or(open.since, |sent| open.since.max(sent + self.shape.period)))
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self, now: Instant) {
        let Some(mut open) = self.open.take() else { return };
        open.frame.extend_from_slice(LINES.1);
        self.sent = Some(now);
        let Open { frame, entries, first, last, count, .. } = open;
        self.send(Batch { frame: frame.into(), entries, first, last, count });
    }

    fn send(&mut self, batch: Batch) {
        let batch = Arc::new(batch);
        for seat in &self.seats {
            let mut notes = lock(&seat.notes);
            if let Some(lag) = &mut notes.lag {
                lag.skipped += batch.count;
                lag.to = batch.last;
            } else if seat.queue.try_send(Arc::clone(&batch)).is_err() {
                notes.lag = Some(Lag { skipped: batch.count, from: batch.first, to: batch.last });
            }
        }
    }

    /// Ends all streams, once their viewers have what waits.
    pub(crate) fn close(&mut self, reason: EndReason, now: Instant) {
        self.flush(now);
        for seat in self.seats.drain(..) {
            lock(&seat.notes).end = Some(reason);
        }
    }
}

impl Queue {
    /// In their order; what was skipped comes after what came before it.
    pub(crate) async fn next(&mut self) -> Next {
        {
            let mut notes = lock(&self.notes);
            if let Ok(batch) = self.batches.try_recv() {
                return Next::Batch(batch);
            }
            // Nothing is sent while there is a lag, so all that came before it is taken by now.
            if let Some(Lag { skipped, from, to }) = notes.lag.take() {
                return Next::Lagged(LogFrame::Lagged { skipped, from, to });
            }
        }
        match self.batches.recv().await {
            Some(batch) => Next::Batch(batch),
            None => Next::End(lock(&self.notes).end.unwrap_or(EndReason::Unavailable)),
        }
    }
}

/// What is no line, as a frame.
pub(crate) fn frame_of(entry: &LogEntry) -> Bytes {
    let frame = match entry.clone() {
        LogEntry::Line(line) => LogFrame::Lines { lines: vec![line] },
        LogEntry::Gap(gap) => LogFrame::Gap(gap),
        LogEntry::Container(note) => LogFrame::Container(note),
    };
    json(&frame)
}

pub(crate) fn json(frame: &LogFrame) -> Bytes {
    serde_json::to_vec(frame).expect("plain structs have a JSON").into()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use domain::log::{LogLine, LogSource, LogStream};

    use super::*;
    use crate::record;

    const SHAPE: Shape = Shape { period: Duration::from_millis(100), lines: 10, bytes: 1 << 20, queue: 2 };

    fn say(hub: &mut Hub, number: i64, now: Instant) {
        let cursor = LogCursor { source: LogSource::PLATFORM, stream: LogStream::Stdout, nanos: number, ordinal: 0 };
        let text = number.to_string();
        let line =
            LogLine { cursor, ts: cursor.at(), stream: cursor.stream, level: None, text, continues: false, cut: 0 };
        let entry = LogEntry::Line(line);
        let record = record::Writer::default().encode(&entry);
        hub.line(entry, record::line_json(&record).unwrap(), now);
    }

    async fn numbers(queue: &mut Queue) -> (Vec<i64>, Option<(u64, i64, i64)>) {
        match queue.next().await {
            Next::Batch(batch) => {
                let frame = serde_json::from_slice(&batch.frame).unwrap();
                let LogFrame::Lines { lines } = frame else { panic!("{frame:?}") };
                (lines.iter().map(|line| line.cursor.nanos).collect(), None)
            }
            Next::Lagged(LogFrame::Lagged { skipped, from, to }) => (vec![], Some((skipped, from.nanos, to.nanos))),
            other @ (Next::Lagged(_) | Next::End(_)) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn lines_go_at_once_and_then_by_period() {
        let (mut hub, now) = (Hub::new(SHAPE), Instant::now());
        let mut queue = hub.sit(false);
        assert_eq!(hub.due(), None);
        say(&mut hub, 1, now);
        assert_eq!(hub.due(), Some(now));
        hub.flush(now);
        say(&mut hub, 2, now);
        say(&mut hub, 3, now);
        assert_eq!(hub.due(), Some(now + SHAPE.period));
        hub.flush(now);
        assert_eq!(numbers(&mut queue).await.0, [1]);
        assert_eq!(numbers(&mut queue).await.0, [2, 3]);
    }

    #[tokio::test]
    async fn who_is_slow_is_told_exactly_what_was_skipped_and_nobody_else_is() {
        let (mut hub, now) = (Hub::new(SHAPE), Instant::now());
        let (mut slow, mut quick) = (hub.sit(false), hub.sit(true));
        let mut seen = Vec::new();
        for number in 1..=55 {
            say(&mut hub, number, now);
            if number % 10 == 0 {
                seen.extend(numbers(&mut quick).await.0);
            }
        }
        assert_eq!(seen, (1..=50).collect::<Vec<_>>());
        assert_eq!(numbers(&mut slow).await.0, (1..=10).collect::<Vec<_>>());
        hub.flush(now);
        assert_eq!(numbers(&mut slow).await.0, (11..=20).collect::<Vec<_>>());
        assert_eq!(numbers(&mut slow).await, (vec![], Some((35, 21, 55))));
        say(&mut hub, 56, now);
        hub.flush(now);
        assert_eq!(numbers(&mut slow).await.0, [56]);
    }

    #[tokio::test]
    async fn an_end_comes_after_what_waits() {
        let (mut hub, now) = (Hub::new(SHAPE), Instant::now());
        let mut queue = hub.sit(false);
        say(&mut hub, 1, now);
        hub.close(EndReason::Destroyed, now);
        assert_eq!(numbers(&mut queue).await.0, [1]);
        assert!(matches!(queue.next().await, Next::End(EndReason::Destroyed)));
        let queue = hub.sit(false);
        assert!(hub.viewers() == 1 && hub.leave(queue.id));
    }
}
