//! The daemon's tasks: started in order, watched together, stopped in the reverse order.
//!
//! - The first SIGTERM or SIGINT stops the tasks one after the other, the last started first, each within the deadline;
//!   the second ends all at once.
//! - A task that ends unasked is a defect: the others are stopped and the process fails, so that its supervisor starts it
//!   anew. Nothing half alive answers health checks.
//! - systemd is told READY, STOPPING, STATUS and, if it asked for it, WATCHDOG from the loop that watches the tasks: a
//!   process that hangs is silent. So is one in which a task with a [`Pulse`] stands still.

mod pulse;
mod supervisor;

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use futures_util::FutureExt;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use pulse::Board;
pub(crate) use pulse::Pulse;
use supervisor::Supervisor;

type Ended = (&'static str, anyhow::Result<()>);

/// Tasks that live as long as the process.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    tasks: JoinSet<Ended>,
    /// In the order they were started.
    stops: Vec<Stop>,
    deadline: Duration,
    signals: Signals,
    /// What must live as long as the tasks: a lock, say.
    kept: Vec<Box<dyn Debug + Send>>,
    board: Arc<Board>,
}

#[derive(Debug)]
struct Stop {
    name: &'static str,
    asked: CancellationToken,
    ended: CancellationToken,
}

#[derive(Debug)]
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

impl Lifecycle {
    /// `deadline` is how long each task has to end once it is asked to.
    ///
    /// # Errors
    /// If the system gives no signals.
    pub(crate) fn new(deadline: Duration) -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("can't listen for signals");
        let signals =
            Signals { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? };
        Ok(Self {
            tasks: JoinSet::new(),
            stops: Vec::new(),
            deadline,
            signals,
            kept: Vec::new(),
            board: Arc::default(),
        })
    }

    /// Starts a task. It ends soon after its token is cancelled, and not before.
    pub(crate) fn start<F>(&mut self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let (asked, ended) = (CancellationToken::new(), CancellationToken::new());
        // Dropped with the task, however it ends.
        let end = ended.clone().drop_guard();
        let task = std::panic::AssertUnwindSafe(task(asked.clone())).catch_unwind();
        self.tasks.spawn(async move {
            let _end = end;
            (name, task.await.unwrap_or_else(|_| Err(anyhow!("it panicked"))))
        });
        self.stops.push(Stop { name, asked, ended });
    }

    /// For a task that is to show that it gets on.
    pub(crate) fn pulse(&self, name: &'static str) -> Pulse {
        self.board.pulse(name)
    }

    /// Keeps a value until all tasks have ended.
    pub(crate) fn keep(&mut self, value: impl Debug + Send + 'static) {
        self.kept.push(Box::new(value));
    }

    /// Runs `work` unless a signal comes first: for what is done before everything runs.
    ///
    /// # Errors
    /// [`Interrupted`] after a signal, or what `work` failed with; the tasks have been stopped then.
    pub(crate) async fn during<T>(
        mut self,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<(Self, T)> {
        let done = tokio::select! {
            done = work => done,
            name = self.signals.next() => Err(Interrupted(name).into()),
            ended = ended_unasked(&mut self.tasks) => Err(ended),
        };
        match done {
            Ok(done) => Ok((self, done)),
            Err(error) => {
                self.stop().await;
                Err(error)
            }
        }
    }

    /// Tells the supervisor that all works, watches until a signal comes or a task ends, then stops everything.
    ///
    /// # Errors
    /// If a task ended unasked, or failed.
    pub(crate) async fn run(mut self) -> anyhow::Result<()> {
        let mut supervisor = Supervisor::new(Arc::clone(&self.board));
        supervisor.ready();
        let outcome = tokio::select! {
            name = self.signals.next() => {
                tracing::info!(signal = name, "stopping");
                supervisor.stopping("finishes what is under way");
                Ok(())
            }
            ended = ended_unasked(&mut self.tasks) => {
                supervisor.stopping("stops, because a task has failed");
                Err(ended)
            }
            () = supervisor.keep_told() => Err(anyhow!("the supervisor is told nothing more")),
        };
        self.stop().await;
        outcome
    }

    /// Stops everything, though nobody asked.
    pub(crate) async fn end(self) {
        self.stop().await;
    }

    async fn stop(mut self) {
        let (stops, deadline) = (std::mem::take(&mut self.stops), self.deadline);
        tokio::select! {
            () = stop_in_order(&stops, deadline) => {}
            name = self.signals.next() => tracing::warn!(signal = name, "a second signal: ending at once"),
        }
        self.tasks.shutdown().await;
    }
}

async fn stop_in_order(stops: &[Stop], deadline: Duration) {
    for stop in stops.iter().rev() {
        stop.asked.cancel();
        if timeout(deadline, stop.ended.cancelled()).await.is_err() {
            tracing::warn!(task = stop.name, ?deadline, "the task doesn't end by its deadline and is left");
        }
    }
}

/// A signal came before everything ran.
#[derive(Debug, thiserror::Error)]
#[error("stopped by {0} before it was ready")]
pub(crate) struct Interrupted(&'static str);

/// Pending while there is no task.
async fn ended_unasked(tasks: &mut JoinSet<Ended>) -> anyhow::Error {
    match tasks.join_next().await {
        Some(Ok((name, Ok(())))) => anyhow!("the task `{name}` ended unasked"),
        Some(Ok((name, Err(error)))) => error.context(format!("the task `{name}` failed")),
        Some(Err(error)) => anyhow::Error::new(error).context("a task ended unasked"),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn lifecycle() -> Lifecycle {
        Lifecycle::new(Duration::from_secs(5)).unwrap()
    }

    #[tokio::test]
    async fn tasks_stop_in_the_reverse_order_when_one_ends_unasked() {
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut lifecycle = lifecycle();
        for name in ["database", "loop", "api"] {
            let order = Arc::clone(&order);
            lifecycle.start(name, |stop| async move {
                stop.cancelled().await;
                order.lock().unwrap().push(name);
                Ok(())
            });
        }
        lifecycle.start("broken", |_| async { Err(anyhow!("the cable is out")) });
        let error = lifecycle.run().await.unwrap_err();
        assert_eq!(crate::exit::in_words(&error), "the task `broken` failed\n  because: the cable is out");
        assert_eq!(*order.lock().unwrap(), ["api", "loop", "database"]);
    }

    #[tokio::test]
    async fn a_panic_ends_the_process_too() {
        let mut lifecycle = lifecycle();
        lifecycle.start("clumsy", |_| async { panic!("oh") });
        let error = lifecycle.run().await.unwrap_err();
        assert!(crate::exit::in_words(&error).contains("it panicked"), "{error:?}");
    }

    #[tokio::test]
    async fn what_fails_before_all_runs_stops_what_runs() {
        let mut lifecycle = lifecycle();
        let stopped = CancellationToken::new();
        let seen = stopped.clone();
        lifecycle.start("database", |stop| async move {
            stop.cancelled().await;
            seen.cancel();
            Ok(())
        });
        let failed = lifecycle.during(async { Err::<(), _>(anyhow!("no migration")) }).await;
        assert!(failed.is_err() && stopped.is_cancelled());
    }
}
