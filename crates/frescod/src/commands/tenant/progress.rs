//! Live progress: named steps with their durations, as they happen.
//!
//! Somebody at a terminal sees the current step with a clock; a log gets a line when a step has ended.

use std::io::Write;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{Clock, SystemClock};
use serde::Serialize;

use super::client::{Client, Event, Waited};
use crate::terminal;

/// One long poll; short enough that a deadline is met.
const POLL_SECONDS: u64 = 10;
const TICK: Duration = Duration::from_millis(100);
const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// A step that has ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    name: String,
    description: String,
    seconds: f64,
}

/// What is shown.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Nothing is printed when the result is for a program.
    shown: bool,
    watched: bool,
    current: Option<Event>,
    ticks: usize,
    pub(crate) steps: Vec<Step>,
}

impl Progress {
    pub(crate) fn new(shown: bool) -> Self {
        Self { shown, watched: terminal::is_watched(), current: None, ticks: 0, steps: Vec::new() }
    }

    /// Follows a tenant until it is as `generation` says, has failed for good, or `deadline` has passed.
    pub(crate) async fn follow(
        &mut self,
        client: &Client,
        (id, generation): (&str, i64),
        deadline: Duration,
    ) -> anyhow::Result<Option<Waited>> {
        let followed = self.until_settled(client, id, generation);
        let followed = tokio::time::timeout(deadline, followed).await;
        self.clear_line();
        followed.map_or(Ok(None), |waited| waited.map(Some))
    }

    async fn until_settled(&mut self, client: &Client, id: &str, generation: i64) -> anyhow::Result<Waited> {
        let mut after = 0;
        loop {
            let events = self.ticking(client.events(id, after, POLL_SECONDS)).await?;
            after = events.next;
            let mut settled = events.items.is_empty();
            for event in events.items.into_iter().filter(|event| event.generation >= generation) {
                settled |= matches!(event.kind.as_str(), "settled" | "failed");
                self.take(event);
            }
            // An event may come a moment before the row is written, and a watcher may have missed one: the row decides.
            if settled {
                let waited = self.ticking(client.wait(id, generation, 1)).await?;
                if waited.reached || waited.failed {
                    return Ok(waited);
                }
            }
        }
    }

    /// Waits while the clock at the current step goes on.
    async fn ticking<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(TICK, &mut work).await {
                Ok(done) => return done,
                Err(_) => self.tick(),
            }
        }
    }

    fn take(&mut self, event: Event) {
        let same = self.current.as_ref().is_some_and(|current| current.message == event.message);
        if same {
            return;
        }
        self.end_step(event.at);
        if event.kind == "failed" {
            self.line(&format!("  ✗ {}", event.message));
        }
        self.current = Some(event).filter(Event::is_step);
        self.tick();
    }

    fn end_step(&mut self, at: DateTime<Utc>) {
        let Some(event) = self.current.take() else { return };
        // The end of a walk is dated by the look it is about, which came before its steps.
        let end = if at < event.at { SystemClock.now() } else { at };
        let seconds = seconds(end - event.at).max(0.0);
        self.line(&format!("  ✓ {:<46} {seconds:>7.2} s", event.message));
        self.steps.push(Step { name: event.kind, description: event.message, seconds });
    }

    fn tick(&mut self) {
        let Some(event) = self.current.as_ref().filter(|_| self.shown && self.watched) else { return };
        self.ticks += 1;
        let spinner = SPINNER[self.ticks % SPINNER.len()];
        let seconds = seconds(SystemClock.now() - event.at).max(0.0);
        let mut err = std::io::stderr().lock();
        // A terminal that is gone needs no clock.
        drop(write!(err, "\r\x1b[2K  {spinner} {:<46} {seconds:>7.1} s", event.message));
        drop(err.flush());
    }

    fn line(&self, text: &str) {
        if self.shown {
            self.clear_line();
            terminal::note(text);
        }
    }

    fn clear_line(&self) {
        if self.shown && self.watched {
            drop(write!(std::io::stderr().lock(), "\r\x1b[2K"));
        }
    }
}

fn seconds(delta: chrono::TimeDelta) -> f64 {
    (delta.as_seconds_f64() * 1000.0).round() / 1000.0
}
