//! Reading one container's log into its tenant's ledger.
//!
//! Reading begins near the log's end, where the last line kept is expected; if it isn't there, further back; if it isn't there
//! either, lines are missing and a gap says so.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use domain::log::{GapReason, Joiner, Judgement, LogPhase, LogSource, Resume, Understanding};
use domain::tenant::ContainerId;
use futures_util::StreamExt;
use provisioner::container::{EngineError, LogPiece, LogPieces, LogRange};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::Shared;
use crate::ledger::{Core, Ledger, lock};

/// How many entries of the end are read first, and then: reading all of a log costs the engine much.
const ENDS: [Option<u32>; 3] = [Some(1_000), Some(30_000), None];
/// An engine that is asked for what there is and says nothing for so long is taken to be away.
const SILENCE: Duration = Duration::from_secs(15);
/// What a line takes in the engine's files beside itself.
const ENGINE_OVERHEAD: u64 = 80;

/// A container whose log is read.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) id: ContainerId,
    pub(crate) source: LogSource,
    pub(crate) phase: LogPhase,
    pub(crate) generation: i64,
    pub(crate) runs: bool,
    pub(crate) rules: Arc<Understanding>,
}

/// How far to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// What is there.
    Now,
    /// What is there of one that says nothing more: what has not ended counts, too.
    Last,
    /// The container's end.
    Ended,
}

/// How reading went on.
enum Went {
    On,
    /// The last line kept was not where reading began.
    TooLate,
    /// The book went back to what is on disk.
    Back,
}

struct Reading<'a> {
    ledger: &'a Ledger,
    seen: &'a Seen,
    joiner: Joiner,
    resume: Resume,
    epoch: u64,
    /// Whether reading began at the log's beginning, as far as the engine has it.
    all: bool,
    /// Of one whose log was never read: what was there, and since when.
    first: Option<First>,
}

struct First {
    before: i64,
    size: u64,
    earliest: Option<i64>,
}

/// Reads what is new. Only one reads a container at a time; who comes waits, and who wants what there is now not for ever: whoever
/// follows holds the turn for as long as somebody watches, and reads what there is.
///
/// # Errors
/// [`EngineError`]; what was read before is there.
pub(crate) async fn read(shared: &Shared, ledger: &Ledger, seen: &Seen, until: Until) -> Result<(), EngineError> {
    let turn = ledger.turn(seen.source);
    let leave = CancellationToken::new();
    let held = turn.held.lock();
    let _held = match until {
        Until::Now => match timeout(shared.settings.look_patience, held).await {
            Ok(held) => held,
            Err(_) => return Ok(()),
        },
        Until::Ended | Until::Last => held.await,
    };
    *lock(&turn.leave) = leave.clone();
    tokio::select! {
        () = leave.cancelled(), if until == Until::Ended => Ok(()),
        read = read_from_near(shared, ledger, seen, until) => read,
    }
}

async fn read_from_near(shared: &Shared, ledger: &Ledger, seen: &Seen, until: Until) -> Result<(), EngineError> {
    let mut ends = ENDS.into_iter();
    let mut tail = ends.next().flatten();
    loop {
        let mut reading = Reading::begin(shared, ledger, seen, tail);
        let range = LogRange {
            since: ledger.core().harvested(seen.source).since(),
            tail: if reading.all { None } else { tail },
            follow: until == Until::Ended,
        };
        let pieces = shared.engine.read_log(&seen.id, range).await?;
        match reading.all_of(pieces, range.follow).await? {
            Went::TooLate => tail = ends.next().flatten(),
            Went::Back => {}
            Went::On => {
                reading.end(shared, until);
                return Ok(());
            }
        }
    }
}

impl<'a> Reading<'a> {
    fn begin(shared: &Shared, ledger: &'a Ledger, seen: &'a Seen, tail: Option<u32>) -> Self {
        let mut core = ledger.core();
        core.meet(seen.source, seen.phase);
        let kept = core.harvested(seen.source);
        let all = tail.is_none() || kept.last().is_none();
        let now = shared.clock.now().timestamp_nanos_opt().unwrap_or_default();
        let first = kept.last().is_none().then_some(First { before: now, size: 0, earliest: None });
        let limit = usize::try_from(shared.settings.longest_line.0).unwrap_or(usize::MAX);
        let resume = if all { Resume::after(kept) } else { Resume::from_anywhere(kept) };
        Self { ledger, seen, joiner: Joiner::new(seen.source, limit), resume, epoch: core.epoch, all, first }
    }

    /// Takes all that comes, and sees to what is due meanwhile.
    async fn all_of(&mut self, mut pieces: LogPieces, follow: bool) -> Result<Went, EngineError> {
        let mut silent_at = Instant::now() + SILENCE;
        loop {
            let due = self.ledger.core().due();
            let next = tokio::select! {
                next = pieces.next() => next,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.ledger.core().tick(Instant::now());
                    continue;
                }
                () = sleep_until(silent_at), if !follow => {
                    let detail = format!("nothing came within {SILENCE:?}");
                    return Err(EngineError::Unavailable { action: "read a log", detail });
                }
            };
            silent_at = Instant::now() + SILENCE;
            let Some(pieces) = next else { return Ok(Went::On) };
            match self.take(&pieces?) {
                Went::On => {}
                went @ (Went::TooLate | Went::Back) => return Ok(went),
            }
        }
    }

    fn take(&mut self, pieces: &[LogPiece]) -> Went {
        let mut core = self.ledger.core();
        let now = Instant::now();
        for piece in pieces {
            if core.epoch != self.epoch {
                return Went::Back;
            }
            let Some(line) = self.joiner.push(piece.as_piece()) else { continue };
            match self.resume.judge(&line.cursor) {
                Judgement::Kept => continue,
                Judgement::NewAfterGap if !self.all => return Went::TooLate,
                Judgement::NewAfterGap => {
                    let at = line.cursor.at();
                    core.gap(self.seen.source, GapReason::Rotated, Some(at), at);
                }
                Judgement::New => {}
            }
            if let Some(first) = self.first.as_mut().filter(|first| line.cursor.nanos < first.before) {
                first.size += line.bytes.len() as u64 + line.cut + ENGINE_OVERHEAD;
                first.earliest.get_or_insert(line.cursor.nanos);
            }
            core.line(&self.seen.rules, line, now);
        }
        core.tick(now);
        Went::On
    }

    /// Everything that was there was read.
    fn end(&mut self, shared: &Shared, until: Until) {
        let mut core = self.ledger.core();
        let now = Instant::now();
        if until == Until::Last {
            let rest: Vec<_> = self.joiner.finish().collect();
            for line in rest {
                if self.resume.judge(&line.cursor) != Judgement::Kept {
                    core.line(&self.seen.rules, line, now);
                }
            }
        }
        self.tell_of_a_lost_beginning(shared, &mut core);
        core.tick(now);
    }

    /// Nobody knows what the engine has rotated away before it was first asked. Where it keeps about as much as it ever does,
    /// it may have.
    fn tell_of_a_lost_beginning(&mut self, shared: &Shared, core: &mut Core) {
        let Some(first) = self.first.take() else { return };
        let rotation = shared.settings.rotation;
        let least = rotation.size.0.saturating_mul(u64::from(rotation.files.saturating_sub(1)));
        if least > 0 && first.size >= least {
            let earliest = first.earliest.map(DateTime::from_timestamp_nanos);
            core.gap_before(self.seen.source, earliest, shared.clock.now());
        }
    }
}
