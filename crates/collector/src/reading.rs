//! Reading one container's log into its tenant's ledger.
//!
//! Reading begins near the log's end, where the last line kept is expected; if it isn't there, further back; if it isn't there
//! either, lines are missing and a gap says so.
//!
//! That holds for what an engine has. When it is followed, it says some lines of a file twice after it has begun that file, and
//! leaves out whole files if it falls behind, without a word of either. So what looks like that is not believed: what there is
//! is read, from the last line kept, and then the log is followed again ([`Doubts`]).

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use domain::log::{GapReason, Harvested, Joiner, Judgement, LogPhase, LogSource, Resume, Understanding};
use domain::tenant::ContainerId;
use futures_util::StreamExt;
use provisioner::container::{EngineError, LogPiece, LogPieces, LogRange};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::Shared;
use crate::doubts::Doubts;
use crate::ledger::{Core, Ledger, lock};

/// How many entries of the end are read first, and then: reading all of a log costs the engine much.
const ENDS: [Option<u32>; 3] = [Some(1_000), Some(30_000), None];
/// An engine that is asked for what there is and says nothing for so long is taken to be away.
const SILENCE: Duration = Duration::from_secs(15);
/// Silence that is looked into, of a log that has grown fast.
const QUIET: Duration = Duration::from_secs(1);
/// What a line takes in the engine's files beside itself.
pub(crate) const ENGINE_OVERHEAD: u64 = 80;

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
    /// What was followed may have left out lines, or said them before.
    Doubtful,
    /// The book went back to what is on disk.
    Back,
    /// So much waits for the disk that no more may.
    Full,
}

struct Reading<'a> {
    ledger: &'a Ledger,
    seen: &'a Seen,
    joiner: Joiner,
    resume: Resume,
    /// Whether reading began at the log's beginning, as far as the engine has it.
    all: bool,
    /// Of one whose log was never read: what was there, and since when.
    first: Option<First>,
    /// While it is followed.
    doubts: Option<Doubts>,
    /// How long it waits for the disk; `None`: as long as it takes.
    patience: Option<Duration>,
    reached: Reached,
}

/// How far reading has come; further than what is kept where the disk takes nothing.
#[derive(Clone, Copy, Debug)]
struct Reached {
    to: Harvested,
    epoch: u64,
    /// Whether there was anything new.
    grew: bool,
}

struct First {
    before: i64,
    size: u64,
    earliest: Option<i64>,
}

/// Reads what is new. Only one reads a container at a time; who comes waits, and who wants what there is now not for ever: whoever
/// follows holds the turn for as long as somebody watches, and reads what there is.
///
/// Answers with whether it was read so far; others may have had the turn.
///
/// # Errors
/// [`EngineError`]; what was read before is there.
pub(crate) async fn read(shared: &Shared, ledger: &Ledger, seen: &Seen, until: Until) -> Result<bool, EngineError> {
    let turn = ledger.turn(seen.source);
    let leave = CancellationToken::new();
    let held = turn.held.lock();
    let _held = match until {
        Until::Now => match timeout(shared.settings.look_patience, held).await {
            Ok(held) => held,
            Err(_) => return Ok(false),
        },
        Until::Ended | Until::Last => held.await,
    };
    *lock(&turn.leave) = leave.clone();
    tokio::select! {
        () = leave.cancelled(), if until == Until::Ended => Ok(false),
        read = read_from_near(shared, ledger, seen, until) => read,
    }
}

async fn read_from_near(shared: &Shared, ledger: &Ledger, seen: &Seen, until: Until) -> Result<bool, EngineError> {
    if until != Until::Ended {
        return Ok(catch_up(shared, ledger, seen, until).await?.is_some());
    }
    loop {
        let Some(reached) = catch_up(shared, ledger, seen, Until::Now).await? else { continue };
        let mut reading = Reading::begin(shared, ledger, seen, ENDS[0]).going_on(reached);
        reading.doubts = Some(Doubts::new(shared.settings.rotation, reached.grew));
        let range = LogRange { since: None, tail: ENDS[0], follow: true };
        let pieces = shared.engine.read_log(&seen.id, range).await?;
        match reading.all_of(pieces).await? {
            // The last of it may be what was left out.
            Went::On => return Ok(catch_up(shared, ledger, seen, Until::Now).await?.is_some()),
            Went::TooLate | Went::Doubtful | Went::Back | Went::Full => {}
        }
    }
}

/// Reads what there is; `None` if the disk has not taken enough of that in time.
async fn catch_up(shared: &Shared, ledger: &Ledger, seen: &Seen, until: Until) -> Result<Option<Reached>, EngineError> {
    let mut ends = ENDS.into_iter();
    let mut tail = ends.next().flatten();
    loop {
        let mut reading = Reading::begin(shared, ledger, seen, tail);
        reading.patience = (until == Until::Now).then_some(shared.settings.look_patience);
        let tail_now = if reading.all { None } else { tail };
        let since = if reading.all { ledger.core().harvested(seen.source).since() } else { None };
        let pieces = shared.engine.read_log(&seen.id, LogRange { since, tail: tail_now, follow: false }).await?;
        match reading.all_of(pieces).await? {
            Went::On if !reading.all && !reading.resume.is_whole() => tail = ends.next().flatten(),
            Went::TooLate => tail = ends.next().flatten(),
            Went::Back | Went::Doubtful => {}
            Went::Full => return Ok(None),
            Went::On => {
                reading.end(shared, until);
                return Ok(Some(reading.reached));
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
        let reached = Reached { to: kept, epoch: core.epoch, grew: false };
        let joiner = Joiner::new(seen.source, limit);
        Self { ledger, seen, joiner, resume, all, first, doubts: None, patience: None, reached }
    }

    /// From where another reading has come to.
    fn going_on(self, reached: Reached) -> Self {
        let resume = if self.all { Resume::after(reached.to) } else { Resume::from_anywhere(reached.to) };
        Self { resume, reached, ..self }
    }

    /// Takes all that comes, and sees to what is due meanwhile.
    async fn all_of(&mut self, mut pieces: LogPieces) -> Result<Went, EngineError> {
        let (mut silent_at, mut quiet_at) = (Instant::now() + SILENCE, Instant::now() + QUIET);
        loop {
            if !self.ledger.core().has_room() {
                if !self.wait_for_room().await {
                    return Ok(Went::Full);
                }
                (silent_at, quiet_at) = (Instant::now() + SILENCE, Instant::now() + QUIET);
            }
            let due = self.ledger.core().due();
            let (follows, checks) =
                (self.doubts.is_some(), self.doubts.as_ref().is_some_and(Doubts::is_due_in_silence));
            let next = tokio::select! {
                next = pieces.next() => next,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.ledger.core().tick(Instant::now());
                    continue;
                }
                () = sleep_until(quiet_at), if checks => return Ok(Went::Doubtful),
                () = sleep_until(silent_at), if !follows => {
                    let detail = format!("nothing came within {SILENCE:?}");
                    return Err(EngineError::Unavailable { action: "read a log", detail });
                }
            };
            (silent_at, quiet_at) = (Instant::now() + SILENCE, Instant::now() + QUIET);
            let Some(pieces) = next else { return Ok(Went::On) };
            match self.take(&pieces?) {
                Went::On => {}
                went @ (Went::TooLate | Went::Doubtful | Went::Back | Went::Full) => return Ok(went),
            }
        }
    }

    /// Waits until more may wait for the disk; whether it may. Viewers get what they are due meanwhile.
    async fn wait_for_room(&self) -> bool {
        let until = self.patience.map(|patience| Instant::now() + patience);
        loop {
            let due = self.ledger.core().due();
            tokio::select! {
                () = self.ledger.room() => return true,
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.ledger.core().tick(Instant::now());
                }
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => return false,
            }
        }
    }

    fn take(&mut self, pieces: &[LogPiece]) -> Went {
        let mut core = self.ledger.core();
        let now = Instant::now();
        if let Some(doubts) = &mut self.doubts {
            doubts.count(pieces, now);
        }
        for piece in pieces {
            if core.epoch != self.reached.epoch {
                return Went::Back;
            }
            if self.doubts.as_mut().is_some_and(|doubts| doubts.doubts(piece, self.resume.is_whole())) {
                return Went::Doubtful;
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
            self.reached.to.keep(&line.cursor);
            self.reached.grew = true;
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
        self.ledger.was_read(&mut core, self.seen.source, self.reached.epoch);
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
