//! What systemd is told: READY and STOPPING, STATUS in words, and WATCHDOG while every task with a pulse gets on.
//!
//! Without a supervisor that listens (`NOTIFY_SOCKET`) all of it does nothing.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Instant, Interval, interval};

use super::pulse::Board;

#[derive(Debug)]
pub(super) struct Supervisor {
    board: Arc<Board>,
    watchdog: Option<Watchdog>,
    /// What was last told of tasks that stand still, so that it is logged once.
    still: Vec<&'static str>,
}

#[derive(Debug)]
struct Watchdog {
    /// As systemd wants to hear from us, and the longest a task may stand still.
    period: Duration,
    /// Often enough for one that comes late.
    ticks: Interval,
}

impl Supervisor {
    pub(super) fn new(board: Arc<Board>) -> Self {
        let watchdog = sd_notify::watchdog_enabled().map(|period| Watchdog { period, ticks: interval(period / 3) });
        Self { board, watchdog, still: Vec::new() }
    }

    pub(super) fn ready(&self) {
        tell(&[NotifyState::Ready, NotifyState::Status(&self.board.words())]);
    }

    pub(super) fn stopping(&self, why: &str) {
        tell(&[NotifyState::Stopping, NotifyState::Status(why)]);
    }

    /// Keeps telling; never ends.
    pub(super) async fn keep_told(&mut self) {
        loop {
            tokio::select! {
                () = self.board.changed() => tell(&[NotifyState::Status(&self.board.words())]),
                period = tick(&mut self.watchdog) => self.look(period),
            }
        }
    }

    fn look(&mut self, period: Duration) {
        let still = self.board.still(Instant::now(), period);
        if still.is_empty() {
            tell(&[NotifyState::Watchdog]);
        }
        if still != self.still {
            let status = match still.as_slice() {
                [] => self.board.words(),
                names => format!("stands still: {}", names.join(", ")),
            };
            tracing::warn!(?still, ?period, "the watchdog is told nothing while a task stands still");
            tell(&[NotifyState::Status(&status)]);
            self.still = still;
        }
    }
}

/// Pending where systemd doesn't want to hear from us.
async fn tick(watchdog: &mut Option<Watchdog>) -> Duration {
    match watchdog {
        Some(watchdog) => {
            watchdog.ticks.tick().await;
            watchdog.period
        }
        None => std::future::pending().await,
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "can't notify the supervisor");
    }
}
