//! Whether the tasks get on, and what they are at, in words.
//!
//! A task that has a pulse beats whenever it has got round once. One that stands still is a hang that no exit code tells
//! of: [`Board::still`] names it, and the supervisor is no longer told that all is well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// What all tasks with a pulse have shown.
#[derive(Debug, Default)]
pub(super) struct Board {
    entries: Mutex<Vec<Entry>>,
    changed: Notify,
}

#[derive(Debug)]
struct Entry {
    name: &'static str,
    beat: Instant,
    words: String,
}

/// One task's hand on the board.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    board: Arc<Board>,
    index: usize,
}

impl Pulse {
    /// The task has got round once more.
    pub(crate) fn beat(&self) {
        self.board.lock()[self.index].beat = Instant::now();
    }

    /// What the task is at; for `systemctl status`. A beat too.
    pub(crate) fn say(&self, words: impl Into<String>) {
        let words = words.into();
        let mut entries = self.board.lock();
        let entry = &mut entries[self.index];
        entry.beat = Instant::now();
        if entry.words != words {
            entry.words = words;
            self.board.changed.notify_one();
        }
    }
}

impl Board {
    /// A pulse that has just beaten.
    pub(super) fn pulse(self: &Arc<Self>, name: &'static str) -> Pulse {
        let mut entries = self.lock();
        entries.push(Entry { name, beat: Instant::now(), words: "starts".to_owned() });
        Pulse { board: Arc::clone(self), index: entries.len() - 1 }
    }

    /// Those that have not beaten for so long before `now`.
    pub(super) fn still(&self, now: Instant, longest: Duration) -> Vec<&'static str> {
        let entries = self.lock();
        entries.iter().filter(|entry| now - entry.beat > longest).map(|entry| entry.name).collect()
    }

    /// All tasks with what they are at.
    pub(super) fn words(&self) -> String {
        let entries = self.lock();
        entries.iter().map(|entry| format!("{}: {}", entry.name, entry.words)).collect::<Vec<_>>().join("; ")
    }

    /// Until a task says something new.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_secs(10);

    #[test]
    fn who_stands_still_is_named_until_it_gets_on() {
        let board = Arc::new(Board::default());
        let (api, worker) = (board.pulse("api"), board.pulse("reconciler"));
        let long_ago = Instant::now() - LONGEST - Duration::from_secs(1);
        board.lock().iter_mut().for_each(|entry| entry.beat = long_ago);
        api.beat();
        assert_eq!(board.still(Instant::now(), LONGEST), ["reconciler"]);
        worker.say("turns");
        assert!(board.still(Instant::now(), LONGEST).is_empty());
    }

    #[tokio::test]
    async fn only_news_is_told() {
        let board = Arc::new(Board::default());
        let (api, worker) = (board.pulse("api"), board.pulse("reconciler"));
        api.say("answers on 127.0.0.1:1");
        board.changed().await;
        api.say("answers on 127.0.0.1:1");
        assert!(futures_util::FutureExt::now_or_never(board.changed()).is_none());
        worker.say("turns");
        assert_eq!(board.words(), "api: answers on 127.0.0.1:1; reconciler: turns");
    }
}
