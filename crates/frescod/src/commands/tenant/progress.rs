//! Live progress: named steps with their durations, as they happen.
//!
//! Somebody at a terminal sees the current step with a clock; a log gets a line when a step has ended.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::quantity::Span;
use domain::{Clock, SystemClock};
use serde::Serialize;
use tokio::time::Instant;

use super::client::{Client, Event, Tenant, Waited};
use crate::{exit, terminal};

/// One long poll; short enough that a deadline is met.
const POLL_SECONDS: u64 = 10;
/// How long it may fail without coming further before its watcher is told so; it is tried on without them.
const FAILING: Duration = Duration::from_secs(30);
/// How long one is followed if nobody says so.
const USUAL: Duration = Duration::from_secs(15 * 60);
/// How long the API may be away, and how long to wait before it is asked again.
const OUTAGE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(500);
const TICK: Duration = Duration::from_millis(100);
const SPINNER: [char; 10] = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/// A step that has ended.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    name: String,
    description: String,
    seconds: f64,
    failed: bool,
}

/// Ctrl-C: whoever watched doesn't any more.
#[derive(Debug, thiserror::Error)]
#[error("nobody watches any more, but it goes on: `frescod tenant wait {tenant}` follows it")]
pub(crate) struct Unwatched {
    tenant: String,
}

/// What is shown.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Nothing is printed when the result is for a program.
    shown: bool,
    watched: bool,
    usual: Duration,
    current: Option<Event>,
    /// Since it failed, or came further after a failure.
    failing_since: Option<Instant>,
    /// The steps it has come to, by name.
    seen: BTreeSet<String>,
    ticks: usize,
    pub(crate) steps: Vec<Step>,
}

impl Progress {
    pub(crate) fn new(shown: bool) -> Self {
        Self {
            shown,
            watched: terminal::is_watched(),
            usual: USUAL,
            current: None,
            failing_since: None,
            seen: BTreeSet::new(),
            ticks: 0,
            steps: Vec::new(),
        }
    }

    /// Follows a tenant until it is as `generation` says, has failed for good or again and again, or its time is over: then
    /// there is no answer.
    pub(crate) async fn follow(
        &mut self,
        client: &Client,
        (id, generation): (&str, i64),
        timeout: Option<Span>,
    ) -> anyhow::Result<Option<Waited>> {
        let followed = tokio::select! {
            followed = self.in_time(client, (id, generation), timeout) => followed,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                Err(Unwatched { tenant: id.to_owned() }.into())
            }
        };
        self.clear_line();
        followed
    }

    /// Whoever named no time is not sent away from a step: the platform ends it at the deadline of the app's manifest, which
    /// may be longer than the usual time.
    async fn in_time(
        &mut self,
        client: &Client,
        (id, generation): (&str, i64),
        timeout: Option<Span>,
    ) -> anyhow::Result<Option<Waited>> {
        let patience = timeout.map_or(self.usual, |span| span.0);
        let mut settled = std::pin::pin!(self.until_settled(client, id, generation));
        loop {
            if let Ok(waited) = tokio::time::timeout(patience, &mut settled).await {
                return waited.map(Some);
            }
            if timeout.is_some() || !client.show::<Tenant>(id).await?.is_at_work() {
                return Ok(None);
            }
        }
    }

    /// The same for whatever is wanted of it: when somebody asks for something else meanwhile, that is followed.
    pub(crate) async fn follow_newest(
        &mut self,
        client: &Client,
        tenant: &Tenant,
        timeout: Option<Span>,
    ) -> anyhow::Result<Option<Waited>> {
        let (began, mut generation) = (Instant::now(), tenant.generation);
        loop {
            let left = timeout.map(|span| Span(span.0.saturating_sub(began.elapsed())));
            match self.follow(client, (&tenant.id, generation), left).await? {
                Some(waited) if waited.tenant.generation > generation => generation = waited.tenant.generation,
                ended => return Ok(ended),
            }
        }
    }

    async fn until_settled(&mut self, client: &Client, id: &str, generation: i64) -> anyhow::Result<Waited> {
        let mut after = 0;
        loop {
            let patience = if self.failing_since.is_some() { 1 } else { POLL_SECONDS };
            let events = self.patiently(|| client.events(id, after, patience)).await?;
            after = events.next;
            let mut settled = events.items.is_empty();
            for event in events.items.into_iter().filter(|event| event.generation >= generation) {
                settled |= matches!(event.kind.as_str(), "settled" | "failed");
                self.take(event);
            }
            // An event may come a moment before the row is written, and a watcher may have missed one: the row decides.
            if settled {
                let waited = self.patiently(|| client.wait(id, generation, 1)).await?;
                let keeps_failing = self.failing_since.is_some_and(|since| since.elapsed() >= FAILING);
                if waited.outcome.is_some() || keeps_failing {
                    return Ok(waited);
                }
            }
        }
    }

    /// Asks again while the API doesn't answer: it may be restarting, which disturbs no deploy.
    async fn patiently<T, F: Future<Output = anyhow::Result<T>>>(&mut self, ask: impl Fn() -> F) -> anyhow::Result<T> {
        let until = Instant::now() + OUTAGE;
        loop {
            match self.ticking(ask()).await {
                Err(error) if exit::is_unavailable(&error) && Instant::now() < until => {
                    self.ticking(tokio::time::sleep(PAUSE)).await;
                }
                answer => return answer,
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
        self.end_step(&event);
        if event.kind == "failed" {
            self.failing_since = self.failing_since.or_else(|| Some(Instant::now()));
            self.line(&format!("  ✗ {}", event.message));
        } else if event.is_step() && self.seen.insert(event.kind.clone()) {
            // It came further. Not forgotten: the same failure is told only once.
            self.failing_since = self.failing_since.map(|_| Instant::now());
        }
        self.current = Some(event).filter(Event::is_step);
        self.tick();
    }

    fn end_step(&mut self, next: &Event) {
        // After this one comes a pause, which is nobody's work.
        let Some(event) = self.current.take().filter(|event| event.kind != "fail_release") else { return };
        // Another worker's clock may have dated the next one.
        let seconds = seconds(next.at - event.at).max(0.0);
        let failed = next.ends_in_failure(&event);
        let mark = if failed { '✗' } else { '✓' };
        // Told in one breath: they are done at the same time, and the last one's time is that of all.
        let took = if next.at == event.at { " meanwhile".to_owned() } else { format!("{seconds:>7.2} s") };
        self.line(&format!("  {mark} {:<46} {took}", event.message));
        self.steps.push(Step { name: event.kind, description: event.message, seconds, failed });
    }

    fn tick(&mut self) {
        let Some(event) = self.current.as_ref().filter(|_| self.shown && self.watched) else { return };
        self.ticks += 1;
        let spinner = SPINNER[self.ticks % SPINNER.len()];
        let seconds = seconds(SystemClock.now() - event.at).max(0.0);
        terminal::renew_line(&format!("  {spinner} {:<46} {seconds:>7.1} s", event.message));
    }

    fn line(&self, text: &str) {
        if self.shown {
            self.clear_line();
            terminal::note(text);
        }
    }

    fn clear_line(&self) {
        if self.shown && self.watched {
            terminal::renew_line("");
        }
    }
}

fn seconds(delta: chrono::TimeDelta) -> f64 {
    (delta.as_seconds_f64() * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::{Value, json};

    use super::*;

    fn answer(path: &str, shown: &AtomicUsize) -> Value {
        let step = json!({ "description": "Preparing the database", "age": 1.0 });
        // Twice it is at work, then no more.
        let is_shown = path.ends_with("/tnt_1");
        let at_work = is_shown && shown.fetch_add(1, Ordering::Relaxed) < 2;
        let tenant = json!({
            "id": "tnt_1", "subdomain": "owls", "url": "https://owls.example.org", "app": "sample", "generation": 1,
            "status": "provisioning", "desired_state": "running", "created_at": "2026-01-01T00:00:00Z",
            "step": at_work.then_some(step),
        });
        match path {
            path if path.contains("/events") => json!({ "items": [], "next": 0 }),
            path if path.contains("/wait") => {
                json!({ "outcome": null, "reached": false, "failed": false, "tenant": tenant })
            }
            _ => tenant,
        }
    }

    fn serve(mut stream: TcpStream, shown: &AtomicUsize) {
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap_or(0);
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        let body = answer(request.split(' ').nth(1).unwrap_or_default(), shown).to_string();
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        // Whoever asked may have gone.
        drop(write!(stream, "{head}{body}"));
    }

    /// An API whose tenant never comes to rest; answers with its address.
    fn never_settled(shown: Arc<AtomicUsize>) -> reqwest::Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shown = Arc::clone(&shown);
                std::thread::spawn(move || serve(stream, &shown));
            }
        });
        format!("http://{address}").parse().unwrap()
    }

    #[tokio::test]
    async fn a_step_under_way_is_followed_beyond_the_usual_time_but_not_beyond_the_one_that_was_named() {
        let shown = Arc::new(AtomicUsize::new(0));
        let client = Client::new(never_settled(Arc::clone(&shown)), None).unwrap();
        let mut progress = Progress { usual: Duration::from_millis(50), ..Progress::new(false) };
        assert!(progress.follow(&client, ("tnt_1", 1), None).await.unwrap().is_none());
        assert_eq!(shown.load(Ordering::Relaxed), 3);
        let named = Some(Span(Duration::from_millis(50)));
        assert!(progress.follow(&client, ("tnt_1", 1), named).await.unwrap().is_none());
        assert_eq!(shown.load(Ordering::Relaxed), 3);
    }
}
