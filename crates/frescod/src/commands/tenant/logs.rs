//! `frescod tenant logs`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use domain::log::{Level, LogCursor, LogEntry, LogFrame, LogStream};
use domain::quantity::Span;
use domain::{Clock, SystemClock};
use futures_util::StreamExt;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::super::http::{Client, Refused, Server};
use crate::config::Environment;
use crate::exit::Outcome;
use crate::terminal;

/// Show what a tenant logs
///
/// The newest lines, or all since a time; history survives restarts and changes of the container. With --follow what comes, until
/// interrupted: a connection that breaks is made again, and goes on where it was.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod tenant logs my-study\n  frescod tenant logs my-study -f --level error\n  frescod tenant logs my-study --since 2h --grep 'timeout|refused' --json"
)]
pub(crate) struct Args {
    /// Subdomain or id
    tenant: String,
    /// Go on with what comes
    #[arg(long, short)]
    follow: bool,
    /// Since then: a time (RFC 3339) or how long ago, such as 90s or 2h
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// This level and graver ones: error, warn, info, debug, trace
    #[arg(long)]
    level: Option<Level>,
    /// Entries in which this regular expression is found
    #[arg(long, value_name = "REGEX")]
    grep: Option<String>,
    /// How many of the newest, without --since
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=5000))]
    lines: u32,
    /// A JSON object a line, with everything the API says
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    server: Server,
}

/// From when on.
#[derive(Clone, Copy, Debug)]
enum Since {
    At(DateTime<Utc>),
    Ago(Span),
}

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(at.to_utc()));
        }
        Span::try_from(text.to_owned())
            .map(Self::Ago)
            .map_err(|error| format!("{error}; or a time such as 2026-01-31T12:00:00Z"))
    }
}

impl Since {
    fn at(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::At(at) => at,
            Self::Ago(span) => now - TimeDelta::from_std(span.0).unwrap_or(TimeDelta::MAX),
        }
    }
}

/// Part of a log.
#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<LogEntry>,
    after: Option<LogCursor>,
    more: bool,
}

/// How much is read at once.
const PAGE: u32 = 5000;
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(crate) async fn run(args: Args, environment: &Environment) -> Outcome {
    let client = args.server.client(environment)?;
    let id = client.find(&args.tenant).await?.id;
    let reader = Reader { client, id, wanted: wanted(&args), json: args.json };
    let since = args.since.map(|since| since.at(SystemClock.now()));
    let last = reader.kept(since, args.lines).await?;
    if args.follow {
        reader.follow(last).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The query parameters that say which lines.
fn wanted(args: &Args) -> Vec<(&'static str, String)> {
    let level = args.level.map(|level| ("level", level.as_str().to_owned()));
    let grep = args.grep.iter().flat_map(|grep| [("query", grep.clone()), ("regex", "true".to_owned())]);
    level.into_iter().chain(grep).collect()
}

struct Reader {
    client: Client,
    id: String,
    wanted: Vec<(&'static str, String)>,
    json: bool,
}

impl Reader {
    /// Shows what is kept; the last cursor of it.
    async fn kept(&self, since: Option<DateTime<Utc>>, lines: u32) -> anyhow::Result<Option<LogCursor>> {
        let Some(since) = since else {
            let page = self.page(&[("limit", lines.to_string())]).await?;
            self.show(page.items)?;
            return Ok(page.after);
        };
        // The oldest first, a page after the other.
        let begin = ("since", since.to_rfc3339());
        let mut last = self.page(&[begin.clone(), ("limit", "1".to_owned()), ("oldest", "true".to_owned())]).await?;
        loop {
            self.show(std::mem::take(&mut last.items))?;
            let Some(after) = last.after.filter(|_| last.more) else { return Ok(last.after) };
            last = self.page(&[begin.clone(), ("limit", PAGE.to_string()), ("after", after.to_string())]).await?;
        }
    }

    async fn page(&self, place: &[(&str, String)]) -> anyhow::Result<Page> {
        let request = self.client.request(Method::GET, &["tenants", &self.id, "logs"])?;
        self.client.send(request.query(&self.wanted).query(place)).await
    }

    /// Shows what comes, over any number of connections.
    async fn follow(&self, mut last: Option<LogCursor>) -> anyhow::Result<()> {
        let mut failures = 0;
        let mut heard = SystemClock.now();
        loop {
            let before = last;
            match self.watch(&mut last, &mut heard).await {
                Ok(Ended::ForGood(reason)) => {
                    terminal::note(&format!("the log has ended: {reason}"));
                    return Ok(());
                }
                Ok(Ended::ForNow) => {}
                Err(error) => match error.downcast_ref::<Refused>() {
                    // The last that was wanted may be long ago, and what came since still be kept.
                    Some(refused) if refused.code() == "log_cursor_gone" && !self.wanted.is_empty() => {
                        last = self.kept(Some(heard), 0).await?;
                    }
                    Some(refused) if refused.code() == "log_cursor_gone" => {
                        terminal::note("what came since is not kept any more; going on with what comes");
                        last = None;
                    }
                    Some(refused) if !refused.is_outage() => return Err(error),
                    Some(_) | None => terminal::note(&format!("the log broke off ({error}); connecting again")),
                },
            }
            failures = if last == before { failures + 1 } else { 0 };
            tokio::time::sleep(SHORTEST_PAUSE.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE)).await;
        }
    }

    /// `heard`: when the server last said anything.
    async fn watch(&self, last: &mut Option<LogCursor>, heard: &mut DateTime<Utc>) -> anyhow::Result<Ended> {
        let after = last.map(|last| ("after", last.to_string()));
        let query: Vec<_> = self.wanted.iter().cloned().chain(after).collect();
        let mut socket = self.client.socket(&["tenants", &self.id, "logs", "stream"], &query).await?;
        while let Some(message) = socket.next().await {
            let Message::Text(text) = message.context("the connection broke off")? else { continue };
            *heard = SystemClock.now();
            match serde_json::from_str(&text).context("a frame makes no sense: is this another version?")? {
                LogFrame::End { reason: domain::log::EndReason::Destroyed } => {
                    return Ok(Ended::ForGood("the tenant is destroyed"));
                }
                LogFrame::End { .. } => break,
                // What we were too slow for is kept: the next connection begins behind the last that was shown.
                LogFrame::Lagged { .. } if last.is_some() => break,
                LogFrame::Lagged { skipped, .. } => {
                    terminal::note(&format!("{skipped} lines came faster than they could be shown"));
                }
                LogFrame::Lines { lines } => self.take(lines.into_iter().map(LogEntry::Line).collect(), last)?,
                LogFrame::Gap(gap) => self.take(vec![LogEntry::Gap(gap)], last)?,
                LogFrame::Heartbeat => {}
                LogFrame::Container(note) => self.take(vec![LogEntry::Container(note)], last)?,
            }
        }
        Ok(Ended::ForNow)
    }

    fn take(&self, entries: Vec<LogEntry>, last: &mut Option<LogCursor>) -> anyhow::Result<()> {
        if let Some(entry) = entries.last() {
            *last = Some(entry.cursor());
        }
        self.show(entries)
    }

    fn show(&self, entries: Vec<LogEntry>) -> anyhow::Result<()> {
        for entry in entries {
            if self.json { terminal::say_json(&entry)? } else { terminal::say(&words(&entry))? }
        }
        Ok(())
    }
}

enum Ended {
    ForNow,
    ForGood(&'static str),
}

/// An entry as a line for people.
fn words(entry: &LogEntry) -> String {
    let at = |at: DateTime<Utc>| at.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
    match entry {
        LogEntry::Line(line) => {
            let level = match (line.stream, line.level) {
                (LogStream::Platform, _) => "*",
                (_, Some(level)) => level.as_str(),
                (LogStream::Stdout | LogStream::Stderr, None) => "",
            };
            format!("{} {level:<5} {}", at(line.ts), line.text)
        }
        LogEntry::Gap(gap) => {
            let lost = gap.lost.map_or_else(|| "lines may be".to_owned(), |lost| format!("{lost} lines are"));
            format!("{} {:<5} {lost} missing here", at(gap.cursor.at()), "*")
        }
        LogEntry::Container(note) => {
            let event = json!(note.event);
            format!("{} {:<5} container {} {}", at(note.ts), "*", note.container, event.as_str().unwrap_or_default())
        }
    }
}
